"""The admin's addresses: whatever is asked, only superusers get it."""

from __future__ import annotations

import re

from tests.isolation.rules import Call, rule
from tests.isolation.world import ACTORS


def admin_entries(route: str) -> list[Call] | None:
    """The admin is the administrators': whatever is asked, others are sent away."""
    if route == "admin/login/":
        sent = rule("200 403 403 403 403 302", "200 200 200 200", mark="superuser")
        return [Call("/admin/login/", sent)]
    if route == "admin/logout/":
        return [Call("/admin/logout/", rule("302 " * 5 + "405", "302 " * 4))]
    if not route.startswith("admin/"):
        return None
    path = "/" + re.sub(r"<[^>]*>", "1", route)
    path = re.sub(r"\^.*\$$|\(\?P<url>.*$", "tracker/", path)
    # What a superuser finds there is the admin's own tests' affair.
    found = {actor: ({302}, False) for actor in ACTORS}
    found["superuser"] = ({200, 302, 403, 404}, True)
    return [Call(path, found)]
