#!/usr/bin/env python
"""Django's command line, on the running servers or on its own ones for as long as it runs."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config import embedded

    with embedded.servers():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
