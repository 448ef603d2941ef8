"""The console of on call."""
