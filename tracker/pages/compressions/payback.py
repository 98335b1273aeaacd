"""What a compression cost and saved at the provider, from the samples behind it."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.cuts.economics import READ, WRITE, turns_to_pay_back
from tracker.models import Compression, UsageSample

MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Payback:
    """The next call wrote `written_tokens` to the cache again, and `calls` were made
    since. The compression has paid after `needed` calls (None: never, it freed
    nothing). `gain_tokens` is what it has saved so far, in tokens at the plain input
    price; negative if it cost more.
    """

    freed_tokens: int
    written_tokens: int
    calls: int
    needed: int | None
    gain_tokens: int

    @property
    def has_paid(self) -> bool:
        return self.needed is not None and self.calls >= self.needed


def payback_of(row: Compression) -> Payback | None:
    """None where no provider has said what its cache wrote: nothing is guessed.

    54,000 tokens freed and 110,000 written anew: paid after 24 calls. Until the next
    compression of the lane; at most 1,000 calls are counted.
    """
    if row.is_advice:
        return None
    lane = {"session": row.session_id, "lane": row.lane}
    behind = UsageSample.objects.filter(**lane, at__gt=row.at, source="reported")
    following = Compression.objects.filter(**lane, at__gt=row.at, is_advice=False)
    until = following.order_by("at").values_list("at", flat=True).first()
    if until is not None:
        behind = behind.filter(at__lte=until)
    calls = list(
        behind.order_by("at", "pk").values_list("cache_creation_tokens", flat=True)[
            :MOST_COUNTED
        ]
    )
    if not calls or calls[0] is None:
        return None
    freed, written = row.saved_tokens, calls[0]
    gain = READ * freed * len(calls) - (WRITE - READ) * written
    needed = turns_to_pay_back(freed, written)
    return Payback(freed, written, len(calls), needed, round(gain))
