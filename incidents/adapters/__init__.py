"""Formats of senders, one file each: payload to signals."""
