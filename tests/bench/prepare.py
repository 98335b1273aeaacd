"""Makes a database ready for a bench and prints an API key of it."""

from __future__ import annotations

import os
import secrets

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_site.settings")
    django.setup()
    from django.core.management import call_command

    from tracker.changes.access.api_keys import create_api_key, create_project

    call_command("migrate", verbosity=0, interactive=False)
    project, _ = create_project(slug="bench", name="Bench")
    print(create_api_key(project=project, name=secrets.token_hex(4))[1])


if __name__ == "__main__":
    main()
