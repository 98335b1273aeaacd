"""Writes the cut of a compression beside it."""

from __future__ import annotations

from tracker.domain.compression_words import Keeping
from tracker.domain.cuts.cut import Cut
from tracker.models import Compression, StoredCut

# Of one lane. The newest one is used; an older one when a person went back to an
# earlier message.
NEWEST_KEPT = 4


def is_cut_kept(keeping: Keeping) -> bool:
    """A redacted replacement would not be what was sent."""
    return keeping.mode == "yes"


def write_cut(row: Compression, cut: Cut) -> None:
    """Call inside the writing transaction. Older cuts of the lane are deleted."""
    StoredCut.objects.create(
        compression=row,
        project_id=row.project_id,
        session_id=row.session_id,
        lane=row.lane,
        message_count=cut.message_count,
        digest=cut.digest,
        replacement=cut.replacement,
        history_tokens=cut.history_tokens,
        system_tokens=cut.system_tokens,
        counter=cut.counter,
        new_messages=cut.new_messages,
        dialect=cut.dialect,
    )
    of_lane = StoredCut.objects.filter(session_id=row.session_id, lane=row.lane)
    newest = of_lane.order_by("-pk").values_list("pk", flat=True)
    old = list(newest[NEWEST_KEPT : NEWEST_KEPT * 2])
    if old:
        of_lane.filter(pk__in=old).delete()
