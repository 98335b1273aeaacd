"""What is done with the sessions that are ticked in the list."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tracker.changes.session_tags import add_tag, remove_tag
from tracker.models import LLMSession, Project
from tracker.models.notes.session_tags import LONGEST, MOST, tag_of

MOST_PICKED = 200


@require_POST
@login_required
def picked(request: HttpRequest) -> HttpResponse:
    """`do` is `compare`, `add` or `remove`; `with` are the sessions, `tag` the tag."""
    given = request.POST.getlist("with")[:MOST_PICKED]
    ids = [int(pk) for pk in given if pk.isascii() and pk.isdigit() and len(pk) < 19]
    do = request.POST.get("do", "")
    if do == "compare":
        query = QueryDict(mutable=True)
        query.setlist("with", [str(pk) for pk in ids])
        return redirect(f"{reverse('compare')}?{query.urlencode()}")
    mine = Project.objects.reviewable_by(request.user)
    if not mine.exists():
        raise PermissionDenied("Only reviewers and admins of a project can tag.")
    name = tag_of(request.POST.get("tag", ""))
    # Ticked sessions of other projects are ignored.
    found = LLMSession.objects.filter(pk__in=ids, project__in=mine)
    if not name:
        messages.error(
            request,
            f"A tag has letters, digits, _, - and ., at most {LONGEST} of them.",
        )
    elif do == "add":
        count = add_tag(found, name)
        left = len(found) - count
        said = f"{count:,} session{'' if count == 1 else 's'} tagged #{name}."
        if left:
            said += f" {left:,} left out: a session has at most {MOST} tags."
        messages.success(request, said)
    elif do == "remove":
        count = remove_tag(found, name)
        plural = "" if count == 1 else "s"
        messages.success(request, f"#{name} taken off {count:,} session{plural}.")
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page one was on, as the browser says; never another site's."""
    page = request.META.get("HTTP_REFERER", "")
    is_own = url_has_allowed_host_and_scheme(
        page, {request.get_host()}, require_https=request.is_secure()
    )
    return page if is_own else reverse("sessions")
