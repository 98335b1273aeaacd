"""The pages' addresses, and who may read or change what at each."""

from __future__ import annotations

from tests.isolation.rules import (
    ASK_ADMIN,
    BY_ADMIN,
    EVERYBODY,
    LIST,
    MEMBERS,
    NOBODY,
    REVIEW,
    ROW,
    ROW_POST,
    SHARED,
    Call,
    rule,
)

PAGES = {
    "": [Call("/", LIST), Call("/?project=search", LIST)],
    "favicon.svg": [Call("/favicon.svg", EVERYBODY)],
    "manifest.webmanifest": [Call("/manifest.webmanifest", EVERYBODY)],
    "tv/": [Call("/tv/", LIST), Call("/tv/?project=search", LIST)],
    "login/": [Call("/login/", rule("200 302 302 302 302 302", "200 200 200 200"))],
    "login/link/<str:token>/": [
        Call("/login/link/nonsense/", rule("410 " * 6, "410 " * 4, mark=MEMBERS))
    ],
    "logout/": [
        Call("/logout/", rule("405 " * 6, "405 " * 4)),
    ],
    "keys/first/": [
        Call(
            "/keys/first/",
            rule("403 404 404 404 200 200", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"project": "search"},
        )
    ],
    "steps/hide/": [
        Call(
            "/steps/hide/",
            rule("403 302 302 302 302 302", "403 403 403 403"),
            method="POST",
        )
    ],
    "sessions/": [
        Call("/sessions/", LIST),
        Call("/sessions/?q=hush&project=search", LIST),
    ],
    "sessions/compare/": [
        Call("/sessions/compare/", LIST),
        Call("/sessions/compare/?a={session}&b={session}", ROW),
        Call("/sessions/compare/?with={session}", ROW),
    ],
    "sessions/picked/": [
        Call(
            "/sessions/picked/",
            # A stranger tags what is theirs: nothing of what they name here.
            rule("403 302 403 302 302 302", "403 403 403 403"),
            method="POST",
            form={"with": "{session}", "do": "add", "tag": "mine"},
        )
    ],
    "sessions/views/": [
        Call(
            "/sessions/views/",
            rule("403 404 403 302 302 302", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"name": "mine", "project": "search"},
        )
    ],
    "sessions/views/<int:pk>/remove/": [
        Call(
            "/sessions/views/{view}/remove/",
            BY_ADMIN,
            method="POST",
            form={},
            is_destructive=True,
        )
    ],
    "find.json": [Call("/find.json?q=hush", LIST)],
    "sessions/list.csv": [Call("/sessions/list.csv", LIST)],
    "sessions/<int:pk>/": [Call("/sessions/{session}/", ROW)],
    "sessions/<int:pk>/handoff/": [Call("/sessions/{session}/handoff/", ROW)],
    "sessions/<int:pk>/messages/": [
        Call("/sessions/{session}/messages/", ROW),
        Call("/sessions/{session}/messages/?q=hush", ROW),
    ],
    "sessions/<int:pk>/figure.json": [Call("/sessions/{session}/figure.json", ROW)],
    "sessions/<int:pk>/delete/": [
        Call("/sessions/{session}/delete/", ASK_ADMIN),
        Call(
            "/sessions/{session}/delete/",
            BY_ADMIN,
            method="POST",
            form={"confirm": "yes"},
            is_destructive=True,
        ),
    ],
    "projects/<slug:slug>/delete/": [
        Call("/projects/search/delete/", ASK_ADMIN),
        Call(
            "/projects/search/delete/",
            # Not confirmed: deleting would take the actors' own keys away.
            rule("403 404 403 403 422 422", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"confirm": "no"},
        ),
    ],
    "projects/<slug:slug>/people/": [
        Call(
            "/projects/search/people/",
            rule("302 404 403 403 403 200", "302 302 302 302", mark=MEMBERS),
        ),
        Call(
            "/projects/search/people/",
            rule("403 404 403 403 403 200", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"username": "new", "role": "viewer"},
        ),
    ],
    "projects/<slug:slug>/keys/": [Call("/projects/search/keys/", ASK_ADMIN)],
    "projects/<slug:slug>/keys/<int:pk>/revoke/": [
        Call(
            "/projects/search/keys/{project_key}/revoke/",
            BY_ADMIN,
            method="POST",
            form={},
        )
    ],
    "alerts/": [Call("/alerts/", LIST), Call("/alerts/?project=search", LIST)],
    "alerts/new-rule/<slug:slug>/": [Call("/alerts/new-rule/search/", ASK_ADMIN)],
    "alerts/new-channel/<slug:slug>/": [
        # Holds no text of the project.
        Call(
            "/alerts/new-channel/search/",
            rule("302 404 403 403 200 200", "302 302 302 302", mark="admin superuser"),
        )
    ],
    "alerts/rules/<int:pk>/": [Call("/alerts/rules/{alert_rule}/", ASK_ADMIN)],
    "alerts/channels/<int:pk>/": [Call("/alerts/channels/{alert_channel}/", ASK_ADMIN)],
    "alerts/channels/<int:pk>/test/": [
        Call("/alerts/channels/{alert_channel}/test/", BY_ADMIN, method="POST", form={})
    ],
    "alerts/<alert_kind:what>/<int:pk>/remove/": [
        Call(
            "/alerts/rules/{alert_rule}/remove/",
            BY_ADMIN,
            method="POST",
            form={},
            is_destructive=True,
        )
    ],
    "alerts/deliveries/<int:pk>/send/": [
        Call(
            "/alerts/deliveries/{alert_delivery}/send/",
            BY_ADMIN,
            method="POST",
            form={},
        )
    ],
    "share/sessions/<int:pk>/": [
        Call("/share/sessions/{session}/", ASK_ADMIN),
        Call(
            "/share/sessions/{session}/",
            BY_ADMIN,
            method="POST",
            form={"shows": "page", "days": "1"},
        ),
    ],
    "share/compressions/<int:pk>/": [
        Call("/share/compressions/{compression}/", ASK_ADMIN)
    ],
    "share/projects/<slug:slug>/": [Call("/share/projects/search/", ASK_ADMIN)],
    "share/links/<int:pk>/revoke/": [
        Call(
            "/share/links/{share_link}/revoke/",
            BY_ADMIN,
            method="POST",
            form={},
            is_destructive=True,
        )
    ],
    # Who has the token needs no login.
    "shared/<str:token>/": [
        Call("/shared/{share_token}/", SHARED),
        Call("/shared/{share_link}.forged/", NOBODY),
    ],
    "shared/<str:token>/badge.svg": [
        Call("/shared/{badge_token}/badge.svg", SHARED),
        Call("/shared/{share_token}/badge.svg", NOBODY),
    ],
    "events/": [Call("/events/", LIST)],
    "gateway/": [Call("/gateway/", LIST)],
    "spend/": [
        Call("/spend/", LIST),
        Call("/spend/?period=all&table=session&project=search", LIST),
    ],
    "fleet/": [
        Call("/fleet/", LIST),
        Call("/fleet/?period=all&project=search", LIST),
    ],
    "fleet/groups/": [
        Call("/fleet/groups/?by=project&period=all", LIST),
        Call("/fleet/groups/?by=team&project=search", LIST),
    ],
    "fleet/figure.json": [Call("/fleet/figure.json", LIST)],
    "integrations/": [Call("/integrations/", LIST)],
    "compressions/": [Call("/compressions/?review=all", LIST)],
    "compressions/<int:pk>/": [
        Call("/compressions/{compression}/", ROW),
        Call("/compressions/{compression}/?from=0&to=9", ROW),
    ],
    "compressions/<int:pk>/messages/": [
        Call("/compressions/{compression}/messages/?from=1&to=1", ROW)
    ],
    "compressions/<int:pk>/dry-run/": [
        Call(
            "/compressions/{compression}/dry-run/",
            rule("403 404 403 200 200 200", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={},
        )
    ],
    "compressions/review/": [
        Call(
            "/compressions/review/",
            # A stranger judges what is theirs: nothing of what they name here.
            rule("403 302 403 302 302 302", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"ids": "{compression}", "verdict": "accepted"},
            is_destructive=True,
        )
    ],
    "compressions/retention/": [Call("/compressions/retention/", LIST)],
    "compressions/retention/figure.json": [
        Call("/compressions/retention/figure.json", LIST)
    ],
    "agents/import/": [
        Call(
            "/agents/import/",
            rule("403 403 403 403 403 403", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={},
        )
    ],
    "agents/progress/": [
        Call(
            "/agents/progress/",
            rule("302 403 403 403 403 286", "302 302 302 302", mark=MEMBERS),
        )
    ],
    "demo/start/": [
        Call(
            "/demo/start/",
            rule("403 302 403 403 302 302", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={},
        )
    ],
    "compressions/<int:pk>/review/": [
        Call(
            "/compressions/{compression}/review/",
            REVIEW,
            method="POST",
            form={"verdict": "accepted", "note": "x"},
            is_destructive=True,
        )
    ],
    "compressions/<int:pk>/comment/": [
        Call(
            "/compressions/{compression}/comment/",
            REVIEW,
            method="POST",
            form={"text": "seen"},
        )
    ],
    "compressions/<int:pk>/assign/": [
        Call(
            "/compressions/{compression}/assign/",
            REVIEW,
            method="POST",
            form={"assignee": ""},
        )
    ],
    "compressions/<int:pk>/tell/": [
        Call(
            "/compressions/{compression}/tell/",
            rule("403 404 403 422 422 422", "403 403 403 403", mark=MEMBERS),
            method="POST",
            form={"place": "9"},
        )
    ],
    "policies/": [Call("/policies/", LIST)],
    "policies/<int:pk>/": [
        Call("/policies/{policy}/", ROW),
        Call(
            "/policies/{policy}/",
            BY_ADMIN,
            method="POST",
            form={"message_limit": "9"},
            is_destructive=True,
        ),
    ],
    "policies/<int:pk>/try/": [
        Call(
            "/policies/{policy}/try/",
            ROW_POST,
            method="POST",
            form={"message_limit": "9"},
        )
    ],
    "policies/<int:pk>/trials/<str:trial_id>/": [
        Call(
            "/policies/{policy}/trials/none/",
            rule("302 404 204 204 204 204", "302 302 302 302", mark=MEMBERS),
        )
    ],
}
# Fragments that open pages share: target and address. Each is asked for by all within
# a second, by those who see the most first.
SHARED_FRAGMENTS = {
    "session-list": Call("/?q=hush", LIST),
    "sessions-table": Call("/sessions/", LIST),
    "event-table": Call("/events/", LIST),
    "budget-now": Call("/sessions/{session}/", ROW),
    "session-facts": Call("/sessions/{session}/", ROW),
    "sample-table": Call("/sessions/{session}/", ROW),
    "session-chart": Call("/sessions/{session}/figure.json", ROW),
}
