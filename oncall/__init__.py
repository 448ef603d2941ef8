"""Whom to reach and how."""
