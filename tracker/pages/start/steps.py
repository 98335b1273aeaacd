"""What to do next after the first report, until all is done or hidden for good."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tracker.models import AlertRule, AuditEntry, Project
from tracker.pages.frame.choices import remember
from tracker.pages.frame.chrome import projects_of
from tracker.pages.sessions.whereabouts import whereabouts
from tracker.pages.start.first_run import projects_for_keys
from tracker.reading.sessions.listing.lists import sessions_of

COOKIE = "steps"
HIDDEN = "hidden"
EXAMPLE = "hello"  # the session of the line to paste
MANY = 1_000  # are not counted any further
DEMO = "demo"  # the project of invented sessions


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    detail: str
    is_done: bool
    actions: tuple[tuple[str, str], ...] = ()  # label, address


@dataclass(frozen=True, slots=True)
class Steps:
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def first_steps(request: HttpRequest) -> Steps | None:
    """For who can do them: administrators. None once they are done or were hidden."""
    if request.COOKIES.get(COOKIE) == HIDDEN or not projects_for_keys(request):
        return None
    projects = projects_of(request)
    found = Steps(
        (_report(projects), _programs(projects), _thresholds(), _alerts(projects))
    )
    return None if found.done == len(found.steps) else found


def _report(projects: list[Project]) -> Step:
    newest = sessions_of(projects).order_by("-last_at")
    session = newest.exclude(last_at=None).first()
    if session is None:
        return Step("First report", "None has arrived yet.", False)
    client = (*whereabouts(session), session.model or "unknown model")[-1]
    return Step("First report arrived", f"The newest is {session}, {client}.", True)


def _programs(projects: list[Project]) -> Step:
    own = sessions_of(project for project in projects if project.slug != DEMO)
    count = own.exclude(key=EXAMPLE)[: MANY + 1].count()
    if count:
        many = f"More than {MANY:,}" if count > MANY else f"{count:,}"
        detail = f"{many} session{'' if count == 1 else 's'} besides the example."
        return Step("Your programs report", detail, True)
    return Step(
        "Connect your programs",
        "Claude Code, Codex, OpenTelemetry or an SDK: each takes a line or two. Old "
        "transcripts can be imported, too.",
        False,
        (("Show the lines", reverse("integrations")),),
    )


def _thresholds() -> Step:
    changed = AuditEntry.objects.filter(action="policy_changed")
    if changed.exists():
        return Step("Thresholds chosen", "A policy was changed.", True)
    return Step(
        "Check the thresholds",
        "Compression becomes due at 85 % of the available tokens. Try another number "
        "on your own history before you save it.",
        False,
        (("Open the policies", reverse("policies")),),
    )


def _alerts(projects: list[Project]) -> Step:
    if AlertRule.objects.filter(project__in=projects).exists():
        return Step("Alerts are set up", "Alerts have a recipient.", True)
    return Step(
        "Choose who gets told",
        "By webhook, Slack, Discord or e-mail, once per crossing.",
        False,
        (("Set up alerts", reverse("alerts")),),
    )


@require_POST
@login_required
def hide_steps(_: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(reverse("overview"))
    remember(response, COOKIE, HIDDEN)
    return response
