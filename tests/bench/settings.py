"""The settings of production on servers of the benchmark's own, with one page to compare with."""

import os

from config.env import BASE_DIR, data_dir

os.environ["CLEARWAY_DATA_DIR"] = str(data_dir() / "bench")
os.environ["CLEARWAY_DEMO"] = os.environ["DEBUG"] = "0"

from config.settings import *  # noqa: E402, F403

ROOT_URLCONF = "tests.bench.urls"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "tests" / "bench" / "templates")  # noqa: F405
# A real Redis may be somebody else's too.
CACHES["default"]["KEY_PREFIX"] = "clearway-bench"  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
