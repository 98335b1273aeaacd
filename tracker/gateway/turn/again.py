"""A refused call: sent once more as it came, or compressed where it was too long."""

from __future__ import annotations

import re

from tracker.gateway.compression import RESCUE_SECONDS
from tracker.gateway.cuts import outgoing
from tracker.gateway.turn.deciding import prepare, use, wait_for
from tracker.gateway.turn.recording import record_refusal
from tracker.gateway.turn.turn import Turn

# Of what was sent, not of who sends it or how often.
REFUSALS = (400, 413, 422)
_TOO_LONG = re.compile(
    rb"prompt is too long|context_length_exceeded|maximum context length"
    rb"|input is too long|exceeds? the (maximum number of tokens|context window)"
    rb"|input token count .{0,60}exceeds",
    re.IGNORECASE,
)
_TOKENS = re.compile(rb"(\d{4,9}) tokens? ?> ?(\d{4,9})")


async def after_refusal(turn: Turn, text: bytes) -> bool:
    """Whether the call is to be sent once more, as its `body` is then.

    A prompt that is too long is compressed further; any other refusal of what a cut
    changed is answered with the client's own bytes.
    """
    is_too_long = _TOO_LONG.search(text) is not None
    if turn.cut is not None and not is_too_long:
        turn.refused = turn.cut
        record_refusal(turn, turn.cut)
        turn.send_original("refused")
        return True
    if not (is_too_long and turn.is_judged and turn.may_cut and turn.may_compress):
        return False
    return await _rescue(turn, text)


async def _rescue(turn: Turn, text: bytes) -> bool:
    told = _TOKENS.search(text)
    turn.told_tokens = int(told[1]) if told else 0
    sent = outgoing(turn.read, turn.cut)
    job = prepare(
        turn,
        sent,
        force=True,
        floor_tokens=int(told[1]) if told else None,
        window_tokens=int(told[2]) if told else None,
        is_urgent=True,
    )
    if job is None:
        return False
    ready = await wait_for(turn, job, RESCUE_SECONDS)
    if ready is None or not ready.fits(turn.digests):
        return False
    use(turn, ready, sent, "exceeded", "rescued")
    return True
