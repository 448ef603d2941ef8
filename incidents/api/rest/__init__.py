"""The REST face of alerts and incidents, one noun a file."""
