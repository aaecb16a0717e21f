"""Runs every part, or those named: ``python -m tests.bench pages``."""

import os
import shutil
import sys
from collections.abc import Callable
from importlib import import_module

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"

import django

from config import embedded

PARTS = ("pages", "importing", "reminding")


def main(names: list[str]) -> int:
    from config.env import data_dir
    from tests.bench import settings as _settings  # noqa: F401  (sets the data directory)

    shutil.rmtree(data_dir(), ignore_errors=True)
    with embedded.servers(throwaway=True):
        django.setup()
        from django.core.management import call_command

        from tests.bench.measuring import Report

        call_command("migrate", verbosity=0)
        call_command("load_playbook", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        report = Report()
        for name in names or PARTS:
            print(name, flush=True)
            measure: Callable[[Report], None] = import_module(f"tests.bench.{name}").measure
            measure(report)
        from django.db import connections

        connections.close_all()
        for connection in connections.all():
            connection.close_pool()  # type: ignore[attr-defined]
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
