"""Watches the engine from a plain process of its own, without Celery's workers and without the broker."""
