"""The rules of postmortems and action items, as functions of values."""
