"""A table with columns of its own, such as one for each build that is compared."""

from __future__ import annotations

from tests.bench.report import Table


class Columns(Table):
    """The first column names what was measured; a line may end early."""

    __slots__ = ("heads", "lines")

    def __init__(self, marker: str, title: str, heads: tuple[str, ...]) -> None:
        super().__init__(marker, title)
        self.heads = heads
        self.lines: list[tuple[str, ...]] = []

    def line(self, *cells: str) -> None:
        self.lines.append(cells)
        print("  " + " | ".join(cells), flush=True)

    def markdown(self) -> str:
        head = super().markdown().split("\n| figure", 1)[0]
        heads = self.heads[: max(map(len, self.lines), default=0)]
        lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for cells in self.lines:
            padded = (*cells, *("" for _ in heads[len(cells) :]))
            lines.append(f"| {' | '.join(padded)} |")
        remarks = [f"- {remark}" for remark in self.remarks]
        return "\n".join([head, *lines, *([""] if remarks else []), *remarks])
