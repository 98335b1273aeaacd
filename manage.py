#!/usr/bin/env python
"""Django's command line for this project."""

from __future__ import annotations

import os
import sys

from budget_site.memory import search_less

NOT_MIGRATED = ("no such table", "does not exist")


def main() -> None:
    search_less()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_site.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    from budget_site.data_folder import NoData, named_folder, prepare_folder

    arguments = sys.argv[1:]
    no_data = NoData(named_folder(), " ".join(arguments))
    try:
        prepare_folder(arguments)
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in arguments:
            raise
        # The text says what to set.
        sys.exit(f"{no_data if isinstance(error, NoData) else error}")
    except (OperationalError, ProgrammingError) as error:
        missing = str(error).partition("\n")[0]
        is_empty = any(words in missing for words in NOT_MIGRATED)
        if "--traceback" in arguments or not is_empty:
            raise
        if "DATABASE_URL" not in os.environ:
            sys.exit(f"{no_data}")
        sys.exit(
            f"The database of DATABASE_URL is not ready: {missing}. Is it the "
            "server's? A new one is made by: manage.py migrate"
        )


if __name__ == "__main__":
    main()
