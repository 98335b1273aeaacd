"""What one tick brings to one audience, put together once and shared by its sockets."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tracker.live.news import GaugeMoved, News, Numbered, encode

SINGLE_FRAMES = 16  # more messages than this at once travel as one batch
# Project ids, session or None for all, and the span that counts as active.
Audience = tuple[frozenset[int], int | None, str]
CountsOf = tuple[frozenset[int], str]  # project ids and span
Place = tuple[int, str]  # session, lane
NumberedText = tuple[int, int, str]  # project, seq, an event's or compression's text


class GaugeText:
    """One gauge's frame, encoded when the first socket needs it and then shared by
    all: gauges that nobody here sees are never encoded.
    """

    __slots__ = ("_news", "_whole", "_row")

    def __init__(self, news: GaugeMoved) -> None:
        self._news = news
        self._whole: str | None = None
        self._row: str | None = None

    @property
    def whole(self) -> str:
        if self._whole is None:
            self._whole = encode(self._news.message())
        return self._whole

    @property
    def row(self) -> str:
        if self._row is None:
            self._row = encode(self._news.row())
        return self._row


class Bundle:
    """What sockets of one audience are sent: the newest gauge of each lane, events and
    compressions in the order of their seq, and counts where they moved.
    """

    __slots__ = ("gauges", "numbered", "counts", "is_list", "_frames")

    def __init__(
        self,
        gauges: dict[Place, GaugeText],
        numbered: list[NumberedText],
        counts: str | None,
        *,
        is_list: bool = False,
    ) -> None:
        self.gauges = gauges
        self.numbered = numbered
        self.counts = counts
        self.is_list = is_list  # for a page of many sessions
        self._frames: list[str] | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.gauges or self.numbered or self.counts)

    @property
    def frames(self) -> list[str]:
        if self._frames is None:
            self._frames = frames_of(
                self.gauges.values(), self.numbered, self.counts, is_list=self.is_list
            )
        return self._frames


def frames_of(
    gauges: Collection[GaugeText],
    numbered: list[NumberedText],
    counts: str | None,
    *,
    is_list: bool,
) -> list[str]:
    """Up to SINGLE_FRAMES messages go one by one. More go as one batch, in which a
    page of many sessions gets of each gauge only what its row shows.
    """
    last = [text for _, _, text in numbered]
    if counts is not None:
        last.append(counts)
    if len(gauges) + len(last) <= SINGLE_FRAMES:
        return [*(gauge.whole for gauge in gauges), *last]
    first = [gauge.row if is_list else gauge.whole for gauge in gauges]
    return ['{"type":"batch","messages":[' + ",".join([*first, *last]) + "]}"]


class TickNews:
    """All news of one tick: the newest gauge of each lane; events and compressions in
    the order of their seq.
    """

    def __init__(self, news: Iterable[News], counts: dict[CountsOf, str]) -> None:
        latest: dict[Place, GaugeMoved] = {}
        numbered: list[Numbered] = []
        for item in news:
            if isinstance(item, GaugeMoved):
                latest[item.place] = item
            else:
                numbered.append(item)
        numbered.sort(key=lambda item: item.seq)
        self._counts = counts
        self._gauges = [(item, GaugeText(item)) for item in latest.values()]
        self._numbered = numbered
        self._texts: dict[tuple[int, int], str] = {}
        self._bundles: dict[Audience, Bundle] = {}
        self._gauges_by_session: dict[int, list[tuple[GaugeMoved, GaugeText]]] = {}
        for pair in self._gauges:
            self._gauges_by_session.setdefault(pair[0].head.pk, []).append(pair)

    def bundle_for(self, audience: Audience) -> Bundle:
        found = self._bundles.get(audience)
        if found is None:
            found = self._bundles[audience] = self._bundle(*audience)
        return found

    def _bundle(
        self, project_ids: frozenset[int], session: int | None, span: str
    ) -> Bundle:
        gauges = self._gauges
        if session is not None:
            gauges = self._gauges_by_session.get(session, [])
        return Bundle(
            {
                item.place: text
                for item, text in gauges
                if item.project_id in project_ids
            },
            [
                (item.project_id, item.seq, self._text(item))
                for item in self._numbered
                if item.project_id in project_ids and session in (None, item.head.pk)
            ],
            self._counts.get((project_ids, span)) if session is None else None,
            is_list=session is None,
        )

    def _text(self, item: Numbered) -> str:
        key = (item.project_id, item.seq)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = encode(item.message())
        return found
