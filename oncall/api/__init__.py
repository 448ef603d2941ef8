"""The REST face of on call."""
