"""The database of the site, from DATABASE_URL: PostgreSQL, or SQLite in a file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# A server that was cut off sends no goodbye. These find it: seconds, milliseconds.
TIMEOUTS: dict[str, object] = {
    "connect_timeout": 4,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def database(folder: Path, *, connections: int) -> dict[str, Any]:
    """DATABASE_URL as Django's settings; without it SQLite in `folder`.

    What stands after `?` is given to libpq. Several hosts are written as libpq takes
    them: `postgres:///budget?host=db1,db2&port=5432,5433`, or
    `postgres://db1:5432,db2:5433/budget`.
    """
    own_file = str(folder / "db.sqlite3")
    url = os.environ.get("DATABASE_URL", "").strip()
    if not url:
        return sqlite(own_file)
    try:
        found: dict[str, Any] = {**dj_database_url.parse(_hosts_as_option(url))}
        if found["ENGINE"] == "django.db.backends.sqlite3":
            # With an in-memory database each thread would see a different, empty one.
            is_in_memory = found["NAME"] == ":memory:"
            return sqlite(own_file if is_in_memory else found["NAME"])
        if found["ENGINE"] != "django.db.backends.postgresql":
            raise ValueError("only PostgreSQL and SQLite are known")
    except ValueError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be used: set it to postgres://user:password@host:5432"
            "/name, sqlite:////path/to/file, or leave it empty. Write other characters "
            "than letters and digits of the password as %XX, and several hosts as "
            "postgres://user:password@/name?host=one,two&port=5432,5432."
        ) from error
    options = TIMEOUTS | found.get("OPTIONS", {})
    # Django and `manage.py dbshell` look for these two outside of the options.
    host, port = (str(options.pop(key, "")) for key in ("host", "port"))
    return found | {
        "ENGINE": "budget_site.postgresql",
        "HOST": host or found["HOST"],
        "PORT": port or str(found["PORT"]),
        "OPTIONS": options | {"pool": pool(connections)},
        # After a restart of PostgreSQL every connection of the pool is dead.
        "CONN_HEALTH_CHECKS": True,
    }


HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(?P<port>\d*))?")


def _hosts_as_option(url: str) -> str:
    """`one:1,two/name` as `/name?host=one,two&port=1,5432`, which urllib can read."""
    scheme, mark, rest = url.partition("://")
    place, slash, after = rest.partition("/")
    login, at, hosts = place.rpartition("@")
    if "," not in hosts or not scheme.startswith("postgres"):
        return url
    found = [HOST.fullmatch(host) for host in hosts.split(",")]
    if not all(found):
        return url
    names = ",".join(quote(m["host"].strip("[]")) for m in found if m)
    ports = ",".join(m["port"] or "5432" for m in found if m)
    path, _, query = after.partition("?")
    options = "&".join(filter(None, (f"host={names}", f"port={ports}", query)))
    return f"{scheme}{mark}{login}{at}{slash or '/'}{path}?{options}"


def pool(connections: int) -> dict[str, object]:
    """The pool's options.

    The pool pauses longer after each failed attempt to connect. So it gives up after
    3 s, and the next request begins with a short pause again.
    """
    from budget_site.postgresql.connection import (
        TimedConnection,
        reset_statement_timeout,
    )

    return {
        "min_size": 1,
        "max_size": connections,
        "timeout": 3,
        "reconnect_timeout": 3,
        "connection_class": TimedConnection,
        "reset": reset_statement_timeout,
    }


def sqlite(name: str) -> dict[str, object]:
    """SQLite in the file `name`, for one writer and many readers.

    WAL: readers never wait. FULL: an acknowledged report survives a power cut.
    IMMEDIATE: a second writer waits at BEGIN, where it would fail at its first write.
    """
    pragmas = (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=FULL;"
        "PRAGMA wal_autocheckpoint=16000;"  # pages: 64 MB of log, 2x the insert rate
        "PRAGMA cache_size=-65536;"  # KiB
        "PRAGMA temp_store=MEMORY;"
    )
    return {
        "ENGINE": "budget_site.sqlite",
        "NAME": name,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": pragmas,
            "cached_statements": 512,  # ingest/rows/sql.py has one per group length
        },
        "TEST": {"NAME": os.environ.get("TOKEN_BUDGET_TEST_DB") or None},
    }
