"""The last turns of a session as a tiny line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from tracker.models import LLMSession, UsageSample

TURNS = 60
WIDTH, HEIGHT = 70, 24


def sparklines(sessions: Iterable[LLMSession]) -> dict[int, str]:
    """Path data by session."""
    ratios = _last_ratios([session.pk for session in sessions])
    return {pk: path(values) for pk, values in ratios.items()}


def path(values: Sequence[float]) -> str:
    """SVG path data from the oldest value to the newest; empty below two values."""
    if len(values) < 2:
        return ""
    top = max(1.0, *values)
    step = (WIDTH - 6) / (len(values) - 1)
    points = (
        f"{2 + i * step:.1f} {HEIGHT - 3 - (HEIGHT - 6) * value / top:.1f}"
        for i, value in enumerate(values)
    )
    return "M" + "L".join(points)


def _last_ratios(pks: Sequence[int]) -> dict[int, list[float]]:
    """Oldest first. One statement: 50 through the ORM cost 80 ms, this 6."""
    if not pks:
        return {}
    table = UsageSample._meta.db_table
    one = (
        "SELECT * FROM (SELECT session_id, used_tokens, available_tokens "
        f"FROM {table} WHERE session_id = %s AND lane = 'main' "
        f"ORDER BY at DESC, id DESC LIMIT {TURNS}) AS newest"
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(pks)), list(pks))
        rows = cursor.fetchall()
    found: dict[int, list[float]] = {pk: [] for pk in pks}
    for pk, used, available in rows:
        found[pk].append(used / available)
    return {pk: values[::-1] for pk, values in found.items()}
