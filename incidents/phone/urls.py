"""Addresses of the phone page."""

from django.urls import path

from incidents.phone.views import PhoneView

urlpatterns = [path("p/<str:token>/", PhoneView.as_view(), name="phone")]
