"""The gauge of a row, as SVG.

Made by Python: a list draws 50, and Django's templates took 0.6 ms for the forty
numbers of each.
"""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

from tracker.domain.budget.status import BudgetStatus
from tracker.pages.sessions.gauge import GaugeShape
from tracker.templatetags.budget_text import level_word, tokens

_BAR = 'y="18" height="14"'
_ARROW = (
    f'<svg class="g-arrow" x="{{}}%" {_BAR[:6]} width="4" {_BAR[7:]} '
    'overflow="visible" aria-hidden="true"><path class="{}" d="{}"/></svg>'
)
_ARROWS = _ARROW.format(96, "g-break", "M-2 -2 L-6 16 M5 -2 L1 16") + _ARROW.format(
    100, "g-over", "M-1 0 L6 7 -1 14Z"
)


def drawing(gauge: GaugeShape, status: BudgetStatus) -> SafeString:
    """All of it is numbers, and words of ours. The browser moves `g-fill`, `g-hot`,
    `g-edge` and `g-over` (static/tracker/budget_gauge.js).
    """
    share, fill = gauge.share, gauge.fill
    zones = gauge.zones
    parts = (
        f'<svg class="gauge{" is-broken" if gauge.is_broken else ""}" height="50" '
        f'role="img" aria-label="{_said(gauge, status)}" data-gauge '
        f'data-share="{share}" data-hot-x="{gauge.hot_x}">',
        f'<rect class="g-track" width="{share}%" {_BAR}/>',
        *(
            f'<rect class="g-zone" data-level="{zone.level}" x="{zone.x}%" '
            f'width="{zone.width}%" {_BAR}/>'
            for zone in zones
        ),
        f'<rect class="g-reserve" x="{share}%" width="{gauge.reserve}%" {_BAR}/>',
        _line("g-target", gauge.target, 'y2="50"'),
        *(_line("g-line", zone.x, 'y2="50"') for zone in zones),
        _line("g-line", share, 'y2="50"'),
        f'<rect class="g-fill" width="{fill}%" {_BAR}/>',
        f'<rect class="g-hot" x="{gauge.hot_x}%" width="{gauge.hot}%" {_BAR}/>',
        f'<rect class="g-edge" x="{fill}%" width="2.5" {_BAR}/>',
        _line("g-client", gauge.client, 'y1="10" y2="40"'),
        *(_line("g-cut", zone.x, 'y1="18" y2="32"') for zone in zones),
        _line("g-cut", share, 'y1="18" y2="32"'),
        f'<rect class="g-over" x="{share}%" width="{gauge.over}%" {_BAR}/>',
        _ARROWS,
        _line("g-wall" if gauge.over else "g-wall is-quiet", share, 'y1="13" y2="37"'),
        "</svg>",
    )
    return mark_safe("".join(parts))  # noqa: S308  # numbers, and words of ours


def _line(name: str, x: float | None, ends: str) -> str:
    """A vertical line at `x` percent; nothing if `x` is not known."""
    return "" if x is None else f'<line class="{name}" x1="{x}%" x2="{x}%" {ends}/>'


def _said(gauge: GaugeShape, status: BudgetStatus) -> str:
    said = (
        f"{status.used_percent} of "
        f"{tokens(status.limits.available_tokens)} available tokens used, "
        f"{level_word(status.level)}"
    )
    if gauge.client is None:
        return said
    return f"{said}; the client compacts at {tokens(gauge.client_tokens)}"
