"""Lists: {"next", "previous", "results"}, by cursor."""

from typing import Any

from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """Newest first, stable while rows are added."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "limit"
    ordering: Any = "-id"


class OldestFirst(Cursor):
    """In the order in which it happened."""

    ordering = ("at", "id")
