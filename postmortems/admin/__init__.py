"""The console of learning."""

from postmortems.admin import actions, postmortems, templates

__all__ = ["actions", "postmortems", "templates"]
