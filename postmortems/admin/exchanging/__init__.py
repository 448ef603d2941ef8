"""The screens between files and postmortems, and the library: what `PostmortemAdmin` hooks in."""

from postmortems.admin.exchanging.urls import urls

__all__ = ["urls"]
