"""The rules of incidents, as functions of values."""
