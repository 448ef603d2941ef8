"""Addresses of the on-call app outside the console and the API."""

from django.urls import include, path

from oncall.feeds import feed
from oncall.links import LinkView

urlpatterns = [
    path("l/<str:token>/", LinkView.as_view(), name="signed-link"),
    path("calendars/<str:token>.ics", feed, name="calendar"),
    path("api/v1/", include("oncall.api.urls")),
]
