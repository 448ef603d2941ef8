"""The addresses of senders. They work with and without the slash at the end: a redirect would lose the body."""

from django.urls import re_path

from incidents.api.events_v2 import enqueue
from incidents.api.ingest import ingest

urlpatterns = [
    re_path(r"^v2/enqueue/?$", enqueue, name="events-v2"),
    re_path(r"^api/v1/ingest/(?P<format>[^/]+)/?$", ingest, name="ingest"),
    re_path(r"^api/v1/ingest/(?P<format>[^/]+)/(?P<key>[^/]+)/?$", ingest, name="ingest-with-key"),
]
