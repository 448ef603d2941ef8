"""Ways of sending, one file each."""
