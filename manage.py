#!/usr/bin/env python
"""Django's command line for this project."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_site.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"{error}")  # a wrong setting: its words say what to do
    except (OperationalError, ProgrammingError) as error:
        missing = str(error).partition("\n")[0]
        is_empty = "no such table" in missing or "does not exist" in missing
        if "--traceback" in sys.argv or not is_empty:
            raise
        sys.exit(
            f"This database is not ready: {missing}. Is it the server's "
            "(TOKEN_BUDGET_DATA, DATABASE_URL)? A new one is made by: manage.py migrate"
        )


if __name__ == "__main__":
    main()
