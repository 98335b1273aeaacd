"""How pages write tokens, percentages and levels."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracker.domain.composition.calls import short_path
from tracker.domain.conversation.text import visible_text
from tracker.domain.spend.tables import Row
from tracker.models import Compression, compressions
from tracker.templatetags.moments import ago, duration, moment

register = template.Library()
NBSP = "\u00a0"
MINUS = "\u2212"
IMPLAUSIBLE = {
    "zero_input": "ignored by the gauge: no request has an empty window",
    "helper_call": "ignored by the gauge: a small helper request to another model",
    "rewound": "ignored by the gauge: the first request after going back",
}
PARTIAL = {
    "tool_loop": "several requests reported as one: right window, too low a cost",
}
WINDOWS = {
    "report": "from the report",
    "client": "set by the client",
    "client_setting": "from the client's settings",
    "policy": "from the policy",
    "client_table": "from the client, for this model",
    "catalogue": "from the model catalogue",
    "default": "default policy",
}


@register.filter
def tokens(value: int | None) -> str:
    """163072 as "163,072"; a dash if it is not known."""
    return "–" if value is None else f"{value:,}".replace("-", MINUS)


@register.filter
def implausible_reason(reason: str) -> str:
    """Why a sample moved no gauge, for a person."""
    return IMPLAUSIBLE.get(reason, reason)


@register.filter
def partial_reason(reason: str) -> str:
    """Why a sample's usage is only a part of what was paid, in words."""
    return PARTIAL.get(reason, reason)


@register.filter
def window_word(source: str) -> str:
    """Who said how large the window is, for a person."""
    return WINDOWS.get(source, source)


@register.filter
def signed(value: int | None) -> str:
    if value is None:
        return ""
    return f"+{value:,}" if value > 0 else tokens(value)


@register.filter
def percent(ratio: float | None) -> str:
    """0.832 -> 83.2 %, rounded toward zero: 79.99 % must not read as 80 %."""
    if ratio is None:
        return "–"
    tenths = int(round(abs(ratio) * 1000, 6))
    sign = MINUS if ratio < 0 and tenths else ""
    return f"{sign}{tenths // 10:,}.{tenths % 10}{NBSP}%"


@register.filter
def share_of(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "–"


@register.filter
def twentieths(ratio: float) -> int:
    """0.832 -> 80: full steps of 5 %, at most 100, for the tab's icon."""
    return min(100, int(max(0.0, ratio) * 20) * 5)


@register.filter
def whole_percent(ratio: float) -> str:
    """0.1454 -> 15 %, beside the score 0.15: both are rounded to the nearest."""
    return f"{int(round(ratio * 100, 6) + 0.5)}{NBSP}%"


@register.filter
def number_of_percent(text: str) -> str:
    """`83.2` of `83.2 %`, for templates that show the sign in smaller type."""
    return text.split()[0]


@register.filter
def error_percent(ratio: float) -> str:
    """0.0004 -> 0.04 %, rounded up: an error is not made smaller."""
    hundredths = math.ceil(round(ratio * 10_000, 6))
    return f"{hundredths // 100:,}.{hundredths % 100:02}{NBSP}%"


@register.filter
def money(dollars: Decimal | None) -> str:
    """$1,204.50; below a dollar to a hundredth of a cent."""
    if dollars is None:
        return "–"
    sign = MINUS if dollars < 0 else ""
    amount = abs(dollars)
    if amount >= 1 or amount == 0:
        return f"{sign}${amount:,.2f}"
    return f"{sign}${amount:.4f}" if amount >= Decimal("0.0001") else "under $0.0001"


@register.filter
def priced(row: Row) -> str:
    """What a row of requests cost: `$3.20`, `at least $3.20` where some of them have no
    price, `cost unknown` where none has.
    """
    if not row.unpriced:
        return money(row.cost)
    return f"at least {money(row.cost)}" if row.cost else "cost unknown"


@register.filter
def visible(name: object) -> str:
    """A name sent by a client, with invisible characters spelled out (`‹U+202E›`)."""
    return visible_text.visible(str(name))


@register.filter
def file_end(path: str) -> str:
    """The last two names of a path."""
    return short_path(path)


@register.filter
def level_word(level: str) -> str:
    return "OK" if level == "ok" else level.capitalize()


@register.filter
def capped(count: int, most: int = 1_000) -> str:
    return f"{most:,}+" if count > most else f"{count:,}"


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, size: str = "") -> SafeString:
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="#{}"/></svg>',
        f" i-{size}" if size else "",
        name,
    )


register.simple_tag(ago)
register.filter(duration)
register.simple_tag(moment)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """The present query string with some values changed; empty ones removed."""
    given = context["request"].GET.copy()
    given.pop("cursor", None)
    for name, value in changes.items():
        if value in ("", None):
            given.pop(name, None)
        else:
            given[name] = str(value)
    text = given.urlencode()
    return f"?{text}" if text else "?"


@register.filter
def item(found: dict[Any, Any], name: Any) -> Any:
    return found[name]


@register.filter
def words(text: str) -> list[str]:
    return text.split(",")


@register.filter
def told_by(trigger: str, performed_by: str) -> str:
    """Who compressed and why: `client, auto`."""
    return compressions.told_by(trigger, performed_by)


@register.simple_tag
def before_after(cut: Compression) -> dict[str, str]:
    """Before, after and target on one scale, in percent; the largest is 100."""
    scale = max(cut.before_tokens, cut.after_tokens, cut.target_tokens or 0, 1)
    target = cut.target_tokens
    return {
        "before": f"{100 * cut.before_tokens / scale:.2f}",
        "after": f"{100 * cut.after_tokens / scale:.2f}",
        "target": "" if target is None else f"{100 * target / scale:.2f}",
    }


@register.inclusion_tag("tracker/frame/_before_after.html")
def before_after_bar(cut: Compression) -> dict[str, object]:
    return {"cut": cut, "bars": before_after(cut)}
