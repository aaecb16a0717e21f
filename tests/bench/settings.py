"""The real settings on servers of the benchmark's own, with one page more to compare with."""

import os

from config.env import data_dir

os.environ["CLEARWAY_DATA_DIR"] = str(data_dir() / "bench")
os.environ["CLEARWAY_DEMO"] = "0"

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
