"""Addresses of the postmortems app outside the console."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("postmortems.api.urls"))]
