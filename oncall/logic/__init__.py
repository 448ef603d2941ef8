"""The rules of being on call, as functions of values."""
