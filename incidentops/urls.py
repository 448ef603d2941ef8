"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from incidentops import health
from oncall.api.missing import MissingView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("admin/", admin.site.urls),
    path("", include("incidents.urls")),
    path("", include("oncall.urls")),
    re_path(r"^api/v1/(?P<rest>.*)/$", MissingView.as_view()),
]
