"""Where a session's history would have been another one under a changed policy."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.domain.budget.replay import BY_POLICY, COMPRESSION, Due, Observation, Rule


def unknown_stretches(
    observations: Sequence[Observation],
    tried: Sequence[Rule | None],
    *,
    before: Sequence[Due],
    after: Sequence[Due],
) -> list[range]:
    """In order, disjoint. `before` and `after` are when a compression was due under
    the saved and under the changed policy.
    """
    early = _earlier(observations, tried, before, after)
    late = _later(observations, tried, after)
    found: list[range] = []
    for stretch in sorted(early + late, key=lambda s: s.start):
        if found and stretch.start <= found[-1].stop:
            stop = max(found[-1].stop, stretch.stop)
            found[-1] = range(found[-1].start, stop)
        else:
            found.append(stretch)
    return found


def _earlier(
    observations: Sequence[Observation],
    tried: Sequence[Rule | None],
    saved_dues: Sequence[Due],
    tried_dues: Sequence[Due],
) -> list[range]:
    """From a compression that only the changed policy would have done, until the
    session was compressed after all, or fell to the target by itself.
    """
    found: list[range] = []
    for due in tried_dues:
        rule = tried[observations[due.start][3]]
        if rule is None or not rule.applies:
            continue
        if any(saved.start <= due.start < saved.end for saved in saved_dues):
            continue
        end = due.start + 1
        while end < len(observations):
            kind, used, _, _ = observations[end]
            if kind or used <= rule.target:
                break
            end += 1
        if end > due.start + 1:
            found.append(range(due.start + 1, end))
    return found


def _later(
    observations: Sequence[Observation],
    tried: Sequence[Rule | None],
    dues: Sequence[Due],
) -> list[range]:
    """From a compression the changed policy would not have asked for, until the next
    that it asks for too, or that the client does of its own accord.
    """
    asked = {due.end for due in dues}
    found: list[range] = []
    start = -1
    for index, (kind, _, _, rule_index) in enumerate(observations):
        if not kind & COMPRESSION:
            continue
        rule = tried[rule_index]
        is_wrong = kind & BY_POLICY and index not in asked and rule is not None
        if is_wrong and start < 0:
            start = index
        elif not is_wrong and start >= 0:
            found.append(range(start, index))
            start = -1
    if start >= 0:
        found.append(range(start, len(observations)))
    return found
