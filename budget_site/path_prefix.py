"""A site below a path: TOKEN_BUDGET_PATH_PREFIX=/budget.

Proxies differ: nginx passes /budget/events/ on as it came, or without /budget if its
`proxy_pass` ends with a slash. Probes on the server's own machine ask for /healthz. All
of them mean the same page.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse


def bare(scope: dict[str, Any]) -> dict[str, Any]:
    """The scope with its path as at the root: "/budget/events/" is "/events/"."""
    prefix = settings.PATH_PREFIX
    path = scope["path"]
    if not prefix or not (path == prefix or path.startswith(f"{prefix}/")):
        return scope
    return {**scope, "path": path[len(prefix) :] or "/"}


def below_prefix(scope: dict[str, Any]) -> dict[str, Any]:
    """A bare scope as ASGI wants it: `root_path` is the prefix, `path` includes it."""
    prefix = settings.PATH_PREFIX
    if not prefix:
        return scope
    return {**scope, "path": prefix + scope["path"], "root_path": prefix}


def site_link(address: str, name: str, *args: object) -> str:
    """A link to print or to send. `address` is the site's, with or without the prefix:
    site_link("https://ops.example/budget", "session", 7) is
    "https://ops.example/budget/sessions/7/".
    """
    prefix = settings.PATH_PREFIX
    # `reverse` knows the prefix within a request alone, not in every thread.
    path = reverse(name, args=args).removeprefix(prefix)
    return address.rstrip("/").removesuffix(prefix) + prefix + path
