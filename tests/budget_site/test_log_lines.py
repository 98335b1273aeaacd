"""What opens something is in no log line."""

from __future__ import annotations

import logging

import pytest

from budget_site.log_lines import WithoutTokens


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (("Gone: %s", "/shared/7-1.abc-d/badge.svg"), "Gone: /shared/…/badge.svg"),
        (("%s %r %s", "POST", "/login/link/Ab_9/", 500), "POST '/login/link/…/' 500"),
        (("no %s", "/gateway/tb_abcdefghij/openai"), "no /gateway/tb_abcde…/openai"),
        (("The store did not answer /sessions/7/",), None),
        (("shared/ 5 %s", "a tb_ab"), None),
    ],
)
def test_tokens_in_addresses_are_cut(
    said: tuple[object, ...], written: str | None
) -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 1, said[0], said[1:], None)
    before = record.getMessage()

    assert WithoutTokens().filter(record)
    assert record.getMessage() == (written or before)


def test_the_handler_of_all_lines_cuts_them() -> None:
    from django.conf import settings

    assert "tokens" in settings.LOGGING["handlers"]["console"]["filters"]
