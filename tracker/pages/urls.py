"""The pages' addresses, grouped by thing."""

from __future__ import annotations

from django.urls import include, path

from tracker.pages import (
    compare,
    events,
    fleet,
    fleet_groups,
    gateway,
    overview,
)
from tracker.pages.frame import favicon, manifest
from tracker.pages.people import login, members, project_keys
from tracker.pages.policies import views as policies
from tracker.pages.sessions import deletion, handoff
from tracker.pages.sessions import detail as session
from tracker.pages.sessions import exports as session_exports
from tracker.pages.sessions.lists import find, listing_csv, picked, saved_views
from tracker.pages.sessions.lists import listing as sessions
from tracker.pages.sessions.messages.views import session_messages
from tracker.pages.spend import views as spend
from tracker.pages.start import agents, demo, first_run, integrations, steps

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("tv/", overview.tv, name="tv"),
    path("favicon.svg", favicon.favicon, name="favicon"),
    path("manifest.webmanifest", manifest.manifest, name="manifest"),
    path("keys/first/", first_run.first_key, name="first-key"),
    path("agents/import/", agents.import_agents, name="import-agents"),
    path("agents/progress/", agents.agents_progress, name="agents-progress"),
    path("steps/hide/", steps.hide_steps, name="hide-steps"),
    # /login/
    path("login/", login.login, name="login"),
    path("login/link/<str:token>/", login.login_link, name="login-link"),
    path("logout/", login.logout, name="logout"),
    # /sessions/
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/compare/", compare.compare, name="compare"),
    path("sessions/views/", saved_views.save_view, name="save-view"),
    path(
        "sessions/views/<int:pk>/remove/", saved_views.remove_view, name="remove-view"
    ),
    path("sessions/picked/", picked.picked, name="picked"),
    path("find.json", find.find, name="find"),
    path("sessions/list.csv", listing_csv.sessions_csv, name="sessions-csv"),
    path("sessions/<int:pk>/", session.session, name="session"),
    path(
        "sessions/<int:pk>/figure.json", session_exports.figure, name="session-figure"
    ),
    path("sessions/<int:pk>/handoff/", handoff.handoff, name="session-handoff"),
    path("sessions/<int:pk>/messages/", session_messages, name="session-messages"),
    path("sessions/<int:pk>/samples.csv", session_exports.csv, name="session-csv"),
    path("sessions/<int:pk>/delete/", deletion.session_delete, name="session-delete"),
    path(
        "projects/<slug:slug>/delete/", deletion.project_delete, name="project-delete"
    ),
    path("projects/<slug:slug>/people/", members.members, name="members"),
    path("projects/<slug:slug>/keys/", project_keys.project_keys, name="project-keys"),
    path(
        "projects/<slug:slug>/keys/<int:pk>/revoke/",
        project_keys.revoke,
        name="project-key-revoke",
    ),
    # /events/
    path("events/", events.events, name="events"),
    # /fleet/
    path("fleet/", fleet.fleet, name="fleet"),
    path("fleet/groups/", fleet_groups.fleet_groups, name="fleet-groups"),
    path("fleet/figure.json", fleet.fleet_figure, name="fleet-figure"),
    path("fleet/fleet.csv", fleet.fleet_csv, name="fleet-csv"),
    # /spend/
    path("spend/", spend.spend, name="spend"),
    path("spend/spend.csv", spend.spend_csv, name="spend-csv"),
    # /gateway/
    path("gateway/", gateway.gateway, name="gateway"),
    # /alerts/
    path("alerts/", include("tracker.pages.alerts.urls")),
    # /share/ and /shared/
    path("", include("tracker.pages.share.urls")),
    # /integrations/
    path("integrations/", integrations.integrations, name="integrations"),
    # /compressions/
    path("compressions/", include("tracker.pages.compressions.urls")),
    # /demo/
    path("demo/start/", demo.demo_start, name="demo-start"),
    # /policies/
    path("policies/", policies.policies, name="policies"),
    path("policies/<int:pk>/", policies.policy, name="policy"),
    path("policies/<int:pk>/try/", policies.policy_try, name="policy-try"),
    path(
        "policies/<int:pk>/trials/<str:trial_id>/",
        policies.policy_trial,
        name="policy-trial",
    ),
]
