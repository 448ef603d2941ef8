"""The Celery application: it carries "look now" and nothing else."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun
from django.db import close_old_connections

from incidentops import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")

broker.use_it()
app = Celery("incidentops")
app.set_default()  # else the web server's threads would publish through an app without configuration
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def drop_broken_connections(**_: Any) -> None:
    """With CELERY_DB_REUSE_MAX a connection cut by a database restart would be kept for ever."""
    close_old_connections()


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery configures the root logger unless somebody listens here; ours is already configured by settings."""
