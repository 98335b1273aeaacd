"""Reads settings from the environment, and says what to set when one is wrong."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}


PREFIX = "TOKEN_BUDGET_"
# docs/reference.md says what each one means.
SERVER = (
    "ACCESS_LOG ALERT_PRIVATE_TARGETS ALLOWED_HOSTS BEHIND_TLS BODY_SECONDS "
    "COMPRESSION_QUEUE COMPRESSION_SECONDS COMPRESSION_WORKERS CONNECTIONS_PER_ADDRESS "
    "DATA DB_CONNECTIONS DEBUG EMAIL_FROM EMAIL_HOST EMAIL_PASSWORD EMAIL_PORT "
    "EMAIL_SECURITY EMAIL_USER HEAD_SECONDS HSTS_PRELOAD HSTS_SUBDOMAINS "
    "LIVE_PING_SECONDS LIVE_TICK_MS LOG_FORMAT LOG_LEVEL OTLP_LOGS PATH_PREFIX PROXIES "
    "QUEUE_REPORTS SECRET_KEY STATIC_FROM_SOURCE SUMMARISERS SUMMARISER_SECONDS "
    "SUMMARISER_WORKERS TEST_DB TOKENIZERS TRUSTED_ORIGINS"
)
CLIENT = "GATEWAY_KEY KEY STATE TELL_FROM URL"
TESTS = "CORPORA RIVALS SCREENSHOTS"
KNOWN = frozenset(PREFIX + name for name in f"{SERVER} {CLIENT} {TESTS}".split())


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


def env_address(name: str) -> str:
    """An address of http or https; "" where none is set."""
    text = os.environ.get(name, "").strip()
    if text and not text.startswith(("http://", "https://")):
        raise ImproperlyConfigured(
            f"{name} is {text!r}: set it to an address that begins with https://."
        )
    return text


PATH_PREFIX = re.compile(r"(/[A-Za-z0-9_.~-]+)+")


def env_path_prefix(name: str) -> str:
    """`/budget`, however its slashes were written; "" for a site at the root."""
    text = os.environ.get(name, "").strip().strip("/")
    prefix = f"/{text}" if text else ""
    if prefix and (not PATH_PREFIX.fullmatch(prefix) or ".." in prefix):
        raise ImproperlyConfigured(
            f"{name} is {text!r}: set it to a path such as /budget."
        )
    return prefix


def env_list(name: str, default: list[str]) -> list[str]:
    text = os.environ.get(name, "")
    return [item.strip() for item in text.split(",") if item.strip()] or default


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


TOKENIZER = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9_.-]{0,63})\s*=\s*"
    r"(?P<path>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[:.][A-Za-z_]\w*)"
)


def env_tokenizers(name: str) -> dict[str, str]:
    """`llama=house.llama:count, …` as {"llama": "house.llama:count"}.

    Nothing is imported. Raises ImproperlyConfigured.
    """
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


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Each variable that nothing reads, with the name that was probably meant ("" if
    none is near): TOKEN_BUDGET_PROXYS with TOKEN_BUDGET_PROXIES.
    """
    found = {}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in KNOWN:
            near = get_close_matches(name, KNOWN, n=1, cutoff=0.85)
            found[name] = near[0] if near else ""
    return found
