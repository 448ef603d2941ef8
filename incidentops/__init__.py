"""The Django project: wiring only, no model, no rule."""

import os
from importlib.util import find_spec

# manage.py imports this package before the environment exists; Celery's application is loaded only inside it.
if find_spec("celery") and os.environ.get("DJANGO_SETTINGS_MODULE"):
    from incidentops.celery import app as celery_app

    __all__ = ["celery_app"]
