"""Projects in the admin."""

from __future__ import annotations

from typing import Any


def test_editing_a_project_leaves_the_writers_counters_alone(
    admin_client: Any, monkeypatch: Any
) -> None:
    from tracker.models import ConfigVersion, Project

    project = Project.objects.create(slug="search", name="Search")
    version = ConfigVersion.current()
    address = f"/admin/tracker/project/{project.pk}/change/"
    form = admin_client.get(address).context["adminform"].form
    body = {name: form.initial.get(name) or "" for name in form.fields}
    body |= {
        "name": "Searching",
        "redaction_patterns": form["redaction_patterns"].value() or "",
        "members-TOTAL_FORMS": 0,
        "members-INITIAL_FORMS": 0,
    }

    original = Project.save

    def save(self: Any, *args: Any, **kwargs: Any) -> None:
        # The writer moves the row between the form's reading and its saving.
        Project.objects.filter(pk=self.pk).update(last_seq=7, warning_count=3)
        original(self, *args, **kwargs)

    monkeypatch.setattr(Project, "save", save)
    answer = admin_client.post(address, body)

    assert answer.status_code == 302, answer.context["errors"]
    project.refresh_from_db()
    assert (project.name, project.last_seq, project.warning_count) == (
        "Searching",
        7,
        3,
    )
    assert ConfigVersion.current() == version + 1
