"""A relayed request whose messages are to be named, and what was found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracker.domain.composition.composition import shared_out
from tracker.domain.reports import Parts, UsageReport

Key = tuple[int, str, str]  # project, session, lane


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as the provider gets it. `messages` are JSON, of which the first `held`
    are those of the cut named by `cut`; `digests` are of the client's own, from the
    first that the cut does not cover, or empty where there is no cut and none were
    needed. `is_continued`: they are new ones alone.
    """

    key: Key
    model: str
    method: str
    system: bytes
    tools: bytes
    messages: Sequence[bytes]
    digests: Sequence[bytes]
    held: int = 0
    cut: bytes = b""
    is_continued: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """`counted` parts, and what a sample stores of it (`UsageReport.added` ...).

    `differs` is where this request's beginning first differs from the lane's last one;
    "" where it continues that, and where none is known.
    """

    counted: Parts
    source: str
    added: str
    packed: str
    differs: str

    def into(self, report: UsageReport) -> UsageReport:
        """The report with its total shared out by what was counted: nothing of a
        request that was seen whole is unattributed.
        """
        sizes = self.counted
        weights = [sizes.system, sizes.history, sizes.user_context, sizes.tools]
        parts = report.parts
        if sum(weights):
            parts = Parts(*shared_out(report.used_tokens, weights))
        return replace(
            report,
            parts=parts,
            parts_source=self.source,
            added=self.added,
            composition=self.packed,
            cache_reason=report.cache_reason or self.differs or None,
        )
