"""Runs every part, or those named: ``python -m tests.bench pages``. Non-zero when one costs more
than it may."""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"

import django

from config import embedded
from config.env import data_dir

# Each line has a database of its own; what stands on one line shares it.
PARTS = (
    ("importing",),
    ("scanning",),
    ("reminding",),
    ("observing",),
    ("queries", "pages", "weight", "evaluating"),
)


def main(names: Sequence[str]) -> int:
    known = [name for line in PARTS for name in line]
    if unknown := sorted(set(names) - set(known)):
        print(f"There is no {', '.join(unknown)}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    django.setup()  # from here on the data directory is the benchmark's own
    shutil.rmtree(data_dir(), ignore_errors=True)
    with embedded.servers(throwaway=True), template() as name_of_template:
        from tests.bench.measuring import Report

        report = Report()
        for line in PARTS:
            wanted = [name for name in line if name in names or not names]
            if wanted:
                with copy_of(name_of_template, line[0]):
                    for name in wanted:
                        start = time.monotonic()
                        report.title(str(import_module(f"tests.bench.{name}").__doc__))
                        import_module(f"tests.bench.{name}").measure(report)
                        report.note(f"measured in {time.monotonic() - start:.0f} s")
    shutil.rmtree(data_dir(), ignore_errors=True)
    print("\nOver a ceiling: " + "; ".join(report.over) if report.over else "\nAll within bounds.")
    return 1 if report.over else 0


@contextmanager
def template() -> Iterator[str]:
    """A database with the playbook and nothing else, never the one in ``DATABASE_URL`` itself."""
    from django.core.management import call_command
    from django.db import connection

    real = str(connection.settings_dict["NAME"])
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        call_command("load_playbook", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield name
    finally:
        connection.creation.destroy_test_db(real, verbosity=0)


@contextmanager
def copy_of(name: str, suffix: str) -> Iterator[None]:
    """A copy of the template as the default database."""
    from django.db import connection

    connection.creation.clone_test_db(suffix, verbosity=0)
    copy = connection.creation.get_test_db_clone_settings(suffix)["NAME"]
    connection.settings_dict["NAME"] = copy
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.creation.destroy_test_db(suffix=suffix, verbosity=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
