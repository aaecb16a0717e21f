"""The settings of production on servers of the benchmark's own, with one page to compare with."""

import os

from config.env import BASE_DIR, data_dir

os.environ["CLEARWAY_DATA_DIR"] = str(data_dir() / "bench")
os.environ["CLEARWAY_DEMO"] = os.environ["DEBUG"] = "0"

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates", BASE_DIR / "tests" / "bench" / "templates"]  # noqa: F405
# A real database server and a real Redis may be somebody else's too.
DATABASES["default"]["TEST"] = {"NAME": "clearway_bench"}  # noqa: F405
CACHES["default"]["KEY_PREFIX"] = f"clearway-bench-{os.getpid()}"  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
# Tasks run where they are asked for, one after the other: their cost is what is measured.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
