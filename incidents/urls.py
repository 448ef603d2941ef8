"""Addresses of the incidents app outside the console."""

from django.urls import include, path

urlpatterns = [
    path("", include("incidents.api.senders")),
    path("", include("incidents.phone.urls")),
    path("api/v1/", include("incidents.api.urls")),
]
