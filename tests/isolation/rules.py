"""Who gets what: the answers the ten who ask should get, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.isolation.world import ACTORS


def rule(people: str, keys: str, *, mark: str = "") -> dict[str, tuple[set[int], bool]]:
    """Statuses of the ten, in the order of ACTORS; `201/200` allows either. `mark`:
    who may read the project's texts (what everybody else gets must not hold them).
    """
    statuses = people.split() + keys.split()
    assert len(statuses) == len(ACTORS)
    return {
        actor: ({int(s) for s in status.split("/")}, actor in mark.split())
        for actor, status in zip(ACTORS, statuses, strict=True)
    }


MEMBERS = "viewer reviewer admin superuser"
EVERYBODY = rule("200 200 200 200 200 200", "200 200 200 200", mark=MEMBERS)
SHARED = rule("200 " * 6, "200 " * 4, mark=" ".join(ACTORS))
NOBODY = rule("404 " * 6, "404 " * 4, mark=MEMBERS)  # whose menu names projects
# A key opens no page, a login no API.
LIST = rule("302 200 200 200 200 200", "302 302 302 302", mark=MEMBERS)
# Without a login there is no token of a form either.
ROW_POST = rule("403 404 200 200 200 200", "403 403 403 403", mark=MEMBERS)
ROW = rule("302 404 200 200 200 200", "302 302 302 302", mark=MEMBERS)
REVIEW = rule("403 404 403 302 302 302", "403 403 403 403", mark=MEMBERS)
BY_ADMIN = rule("403 404 403 403 302 302", "403 403 403 403", mark=MEMBERS)
ASK_ADMIN = rule("302 404 403 403 200 200", "302 302 302 302", mark=MEMBERS)
ADMIN_SITE = rule("302 302 302 302 302 200", "302 302 302 302", mark="superuser")
ADMIN_NOT_ALLOWED = rule("302 302 302 302 302 403", "302 302 302 302", mark="superuser")
API_LIST = rule("401 401 401 401 401 401", "200 403 401 200", mark="key wrong_scope")
API_ROW = rule("401 401 401 401 401 401", "200 403 401 404", mark="key wrong_scope")
# Another project's key writes into its own project, under the same name.
API_WRITE = rule(
    "401 401 401 401 401 401", "201/200 403 401 201/200", mark="key other_key"
)
API_POST_ROW = rule("401 401 401 401 401 401", "200 403 401 404", mark="key")
NO_SUCH = rule("401 401 401 401 401 401", "404 403 401 404")
LOCAL_METRICS = rule(
    "200 200 200 200 200 200", "200 403 401 200", mark=" ".join(ACTORS)
)


@dataclass(frozen=True)
class Call:
    """`is_destructive`: the rows are made anew for each actor."""

    path: str
    rule: dict[str, tuple[set[int], bool]]
    method: str = "GET"
    body: Any = None
    form: Any = None
    needs: str = "read"
    is_destructive: bool = False
