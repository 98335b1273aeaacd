"""One form that lets somebody into a project: for administrators of the site, who alone
make logins.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tracker.changes.access.members import add_member
from tracker.models import Project, ProjectMember
from tracker.pages.frame.chrome import projects_of


class MemberForm(forms.Form):
    # Written as a login writes it: else `ﬁn` and `fin` would be two people.
    username = UsernameField(
        label="Name to log in with",
        max_length=150,
        validators=[User.username_validator],
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    role = forms.ChoiceField(choices=ProjectMember.ROLES, initial="viewer")

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username=name, is_active=False).exists():
            raise forms.ValidationError("This login is switched off.")
        return name


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is in the project, and the form. A new person's link is shown once."""
    visible = [p.pk for p in projects_of(request)]
    project = get_object_or_404(Project, slug=slug, pk__in=visible)
    if not request.user.is_superuser:
        raise PermissionDenied("Only an administrator of the site adds people.")
    form = MemberForm(request.POST or None, label_suffix="")
    added: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["username"]
        role = form.cleaned_data["role"]
        token = add_member(project, name, role, user=request.user)
        link = reverse("login-link", args=[token]) if token else ""
        added = {"name": name, "link": link and request.build_absolute_uri(link)}
        form = MemberForm(label_suffix="")
    rows = ProjectMember.objects.filter(project=project).select_related("user")
    context = {
        "project": project,
        "rows": rows.order_by("user__username"),
        "form": form,
        "added": added,
    }
    status = 422 if form.errors else 200
    return render(request, "tracker/people/members.html", context, status=status)
