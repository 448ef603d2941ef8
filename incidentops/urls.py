"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from incidentops.health import figures, views
from oncall.api.missing import MissingView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", figures.metrics),
    path("", include("incidentops.entrance")),  # before the console: it serves its sign-in page
    path("admin/", admin.site.urls),
    path("", include("incidents.urls")),
    path("", include("postmortems.urls")),
    path("", include("oncall.urls")),
    re_path(r"^api/v1/(?P<rest>.*)/$", MissingView.as_view()),
]
