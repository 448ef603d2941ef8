"""Addresses of the library, the import and the files of a postmortem."""

from typing import Final

from django.urls import URLPattern, path

from oncall.admin.base import ConsoleAdmin
from postmortems.admin.exchanging.documents import document, export
from postmortems.admin.exchanging.importing import read_in
from postmortems.admin.exchanging.shelves import shelves

NAME: Final = "postmortems_postmortem"


def urls(admin: ConsoleAdmin) -> list[URLPattern]:
    """Each view judges who may; `admin` gives frame and rows."""
    wrap = admin.admin_site.admin_view
    return [
        path("library/", wrap(lambda request: shelves(admin, request)), name=f"{NAME}_library"),
        path("import/", wrap(lambda request: read_in(admin, request)), name=f"{NAME}_import"),
        path("<int:pk>/document/", wrap(lambda request, pk: document(admin, request, pk)), name=f"{NAME}_document"),
        path("<int:pk>/file/", wrap(lambda request, pk: export(admin, request, pk)), name=f"{NAME}_file"),
    ]
