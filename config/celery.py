"""The queue for what happens later. Tasks claim rows, so a message may be lost or repeated."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("clearway")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
