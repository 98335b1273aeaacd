"""What a soak has done so far, a line each, so that it can go on after an end."""

from __future__ import annotations

from pathlib import Path


class Journal:
    """Lines of one mark and a word, flushed one by one. The file outlives its writer:
    what it says was sent may have arrived, what it says was answered has.
    """

    def __init__(self, path: Path) -> None:
        self._found: dict[str, list[str]] = {}
        if path.exists():
            for line in path.read_text().split("\n")[:-1]:  # the last may be torn
                self._found.setdefault(line[:1], []).append(line[1:])
        self._file = open(path, "a", buffering=1)  # noqa: SIM115

    def of(self, mark: str) -> list[str]:
        """The words of an earlier run under this mark, in their order."""
        return self._found.get(mark, [])

    def note(self, mark: str, word: str | int) -> None:
        self._file.write(f"{mark}{word}\n")

    def close(self) -> None:
        self._file.close()
