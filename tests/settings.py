"""The real settings, on servers of the tests' own, without what only costs time here."""

import os
from pathlib import Path

from config.env import data_dir

# Tests on several cores do not meet: each process has servers of its own.
TEST_DATA_DIR: Path = data_dir() / "-".join(
    filter(None, ("test", os.environ.get("PYTEST_XDIST_WORKER")))
)
os.environ["CLEARWAY_DATA_DIR"] = str(TEST_DATA_DIR)
os.environ["CLEARWAY_DEMO"] = "0"

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Tests open as many connections at a time as they have threads; what is served to a browser takes
# one that was open before, as in production.
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 40, "timeout": 30}  # noqa: F405
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
# Where REDIS_URL names one server for all test processes, each takes a database of its number.
for _cache in CACHES.values():  # noqa: F405
    _cache["OPTIONS"] = {"db": int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])}
