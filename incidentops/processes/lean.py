"""A process that shows nothing to anybody does without console, API and their libraries: a third less memory."""

from typing import Final

from django.conf import settings

_APPS: Final = (
    "incidentops.apps.ProjectConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "simple_history",
    "django_celery_beat",
    "oncall",
    "incidents",
    "postmortems",
)


def without_console() -> None:
    """To be called before Django is set up."""
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app in _APPS]
