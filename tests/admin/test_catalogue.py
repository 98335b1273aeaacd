"""The admin's models: a window set here judges the next report, and what stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from tracker.models import (
    CatalogueModel,
    ConfigVersion,
    LearntCalibration,
    LLMSession,
    Project,
)

ADD = "/admin/tracker/cataloguemodel/add/"


def form(**fields: Any) -> dict[str, Any]:
    return {"name": "house-llm", "window_tokens": "64000"} | fields


def test_a_new_window_judges_the_sessions_of_its_model(
    staff: Client, report: Callable[..., None]
) -> None:
    report("chat", 50_000, model="house-llm")
    assert LLMSession.objects.get().window_source == "default"
    version = ConfigVersion.current()

    response = staff.post(ADD, form())

    assert response.status_code == 302, response.context["errors"]
    assert ConfigVersion.current() > version
    session = LLMSession.objects.get()
    assert (session.window_tokens, session.window_source) == (64_000, "catalogue")
    assert session.level == "warning"
    report("other", 50_000, model="openai/House-LLM")
    assert LLMSession.objects.get(key="other").window_tokens == 64_000


def test_deleting_a_row_brings_the_snapshot_back(
    staff: Client, report: Callable[..., None]
) -> None:
    staff.post(ADD, form(name="gpt-5", window_tokens="100000"))
    report("chat", 50_000, model="gpt-5")
    row = CatalogueModel.objects.get()

    staff.post(
        reverse("admin:tracker_cataloguemodel_delete", args=[row.pk]), {"post": "yes"}
    )

    assert not CatalogueModel.objects.exists()
    assert LLMSession.objects.get().window_tokens == 272_000


def test_the_page_names_what_is_wrong_and_what_the_snapshot_says(
    staff: Client,
) -> None:
    refused = staff.post(ADD, form(window_tokens=""))
    row = CatalogueModel.objects.create(name="gpt-5")
    page = staff.get(reverse("admin:tracker_cataloguemodel_change", args=[row.pk]))

    assert "say how large its window is" in refused.content.decode()
    assert "gpt-5: window 400,000, input 272,000" in page.content.decode()


def test_the_hint_s_link_fills_the_name_in(staff: Client) -> None:
    page = staff.get(ADD + "?name=house-llm").content.decode()

    assert 'value="house-llm"' in page


def test_calibrations_are_looked_at_and_deleted(
    staff: Client, project: Project
) -> None:
    row = LearntCalibration.objects.create(
        project=project,
        model="gpt-5",
        counter="o200k_base",
        state={"samples": 7, "error": 0.0123, "starts": [900]},
        updated_at=datetime.now(UTC),
    )
    listed = staff.get("/admin/tracker/learntcalibration/").content.decode()
    change = reverse("admin:tracker_learntcalibration_change", args=[row.pk])

    assert "× 1.000 + 900 tokens from 7 reports, recent error 1.23%" in listed
    assert staff.post(change, {"model": "other"}).status_code == 403
    staff.post(
        reverse("admin:tracker_learntcalibration_delete", args=[row.pk]),
        {"post": "yes"},
    )
    assert not LearntCalibration.objects.exists()
