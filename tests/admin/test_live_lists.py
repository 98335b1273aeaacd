"""Open lists of the admin are refreshed by a script, and say so."""

from __future__ import annotations

from django.test import Client

LISTS = ("llmsession", "auditentry", "apikey", "policy")


def test_each_list_says_that_it_refreshes_and_brings_the_script(staff: Client) -> None:
    for name in LISTS:
        page = staff.get(f"/admin/tracker/{name}/").content.decode()
        assert "Lists refresh every 10 s" in page
        assert "tracker/admin/live.js" in page


def test_a_form_is_not_refreshed_under_the_hands(staff: Client) -> None:
    page = staff.get("/admin/tracker/project/add/").content.decode()

    assert "Lists refresh" not in page and "result_list" not in page
