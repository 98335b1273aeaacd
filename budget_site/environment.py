"""Reads settings from the environment, and says what to set when one is wrong."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}


def env_bool(name: str, default: bool) -> bool:
    text = os.environ.get(name)
    if text is None:
        return default
    if text.strip().lower() in TRUE:
        return True
    if text.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}: set it to 1 or 0.")


def env_int(name: str, default: int, *, least: int = 0) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise ImproperlyConfigured(
            f"{name} is {text!r}: set it to a whole number, {least} or more."
        )
    return value


def env_choice(name: str, default: str, known: tuple[str, ...]) -> str:
    value = os.environ.get(name, "").strip() or default
    if value not in known:
        raise ImproperlyConfigured(
            f"{name} is {value!r}: set it to one of {', '.join(known)}."
        )
    return value


def env_list(name: str, default: list[str]) -> list[str]:
    text = os.environ.get(name, "")
    return [item.strip() for item in text.split(",") if item.strip()] or default


TOKENIZER = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9_.-]{0,63})\s*=\s*"
    r"(?P<path>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[:.][A-Za-z_]\w*)"
)


def env_tokenizers(name: str) -> dict[str, str]:
    """`llama=house_tokenizers.llama:count, …` as name -> path; nothing is imported."""
    found: dict[str, str] = {}
    for item in env_list(name, []):
        match = TOKENIZER.fullmatch(item)
        if match is None:
            raise ImproperlyConfigured(
                f"{name} holds {item!r}: write name=package.module:function, the name "
                "in small letters, digits, '_', '.' or '-'; several with commas."
            )
        if match["name"] in ("estimated", "counted", *found):
            raise ImproperlyConfigured(
                f"{name} names {match['name']!r}, which is taken: choose another name."
            )
        found[match["name"]] = match["path"]
    return found


def data_folder(base: Path) -> Path:
    """Where database, secret key and logs live; made when missing."""
    folder = Path(os.environ.get("TOKEN_BUDGET_DATA") or base / "data").expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"TOKEN_BUDGET_DATA: cannot make the folder {folder}: {error.strerror}. "
            "Set it to a folder this user may write."
        ) from error
    return folder.resolve()


def secret_key(folder: Path) -> str:
    """TOKEN_BUDGET_SECRET_KEY, or a key made once and kept in the data folder."""
    given = os.environ.get("TOKEN_BUDGET_SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured(
                "TOKEN_BUDGET_SECRET_KEY has fewer than 32 characters: make one with "
                "python -c 'import secrets; print(secrets.token_urlsafe(50))'."
            )
        return given
    path = folder / "secret_key"
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as f:
            f.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot write {path}: {error.strerror}. Set TOKEN_BUDGET_SECRET_KEY, or "
            "TOKEN_BUDGET_DATA to a folder this user may write."
        ) from error
    return path.read_text().strip()


def database(folder: Path, *, connections: int) -> dict[str, object]:
    """DATABASE_URL as Django's settings; without it SQLite in the data folder."""
    url = os.environ.get("DATABASE_URL", "").strip()
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        # sqlite:////var/lib/x.sqlite3 is absolute, as everywhere in the field.
        name = unquote(parts.path[1:]) if url else str(folder / "db.sqlite3")
        return sqlite(name or str(folder / "db.sqlite3"))
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme!r}: use postgres://user:password"
            "@host:5432/name, sqlite:////path/to/file, or leave it empty."
        )
    query = parse_qs(parts.query)
    host = query.pop("host", [parts.hostname or ""])[0]
    options: dict[str, object] = {key: values[-1] for key, values in query.items()}
    options |= {key: value for key, value in GONE.items() if key not in options}
    options["pool"] = pool(connections)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        # After a restart of PostgreSQL the pool's connections are all dead.
        "CONN_HEALTH_CHECKS": True,
    }


# How a server that went away without a goodbye is noticed: seconds, milliseconds.
GONE: dict[str, object] = {
    "connect_timeout": 4,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def pool(connections: int) -> dict[str, object]:
    """The pool's options. An attempt to connect is given up soon: the next request
    makes another, while one that goes on would pause for longer and longer.
    """
    from budget_site.patient_postgres import PatientConnection, be_patient_again

    return {
        "min_size": 1,
        "max_size": connections,
        "timeout": 3,
        "reconnect_timeout": 3,
        "connection_class": PatientConnection,
        "reset": be_patient_again,
    }


def sqlite(name: str) -> dict[str, object]:
    """WAL so that readers never wait, FULL so that an acknowledged report survives
    a power cut, IMMEDIATE so that a writer waits at BEGIN instead of failing later.
    """
    pragmas = (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=FULL;"
        "PRAGMA wal_autocheckpoint=16000;"  # pages: 64 MB of log, 2x the insert rate
        "PRAGMA cache_size=-65536;"  # KiB
        "PRAGMA temp_store=MEMORY;"
    )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": pragmas,
            "cached_statements": 512,  # ingest/rows/sql.py has one for each length
        },
        "TEST": {"NAME": os.environ.get("TOKEN_BUDGET_TEST_DB") or None},
    }


def env_json(name: str) -> dict[str, object]:
    """A JSON object, or an empty one."""
    text = os.environ.get(name, "").strip()
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ImproperlyConfigured(
            f"{name} is not a JSON object: see docs/reference.md."
        )
    return found
