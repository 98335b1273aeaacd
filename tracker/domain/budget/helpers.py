"""When a small request of another model is a helper's, and no state of the window.

Agents ask a small model for a title or a topic within their session. Its request holds
a fraction of the window: a gauge that followed it would fall and rise again.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracker.domain.providers.model_names import family_name

HELPER_SHARE = 2  # at most 1 / 2 of the window's tokens
# Programs ask a helper once or twice in a row; a third small request of one model is a
# conversation that went on with it.
HELPERS_IN_A_ROW = 2


def is_helper_call(
    used: int,
    model: str,
    *,
    window_holds: int,
    window_model: str,
    before: Sequence[str],
) -> bool:
    """Whether a request of `used` tokens is a helper's, beside a window that holds
    `window_holds` of `window_model`. `before` are the models of the lane's requests
    before it, the newest first.

    900 tokens of Haiku beside 50,000 of Opus are a helper's; the third such in a row
    is not, nor are 26,000.
    """
    if not model or not window_model or used * HELPER_SHARE > window_holds:
        return False
    family = family_name(model)
    if family == family_name(window_model):
        return False
    last = before[:HELPERS_IN_A_ROW]
    return len(last) < HELPERS_IN_A_ROW or any(
        family_name(each) != family for each in last
    )
