"""A change to a client's files: shown, written, and taken back byte for byte."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from tracker.client.config import state_folder


class InstallError(Exception):
    """The files cannot be changed safely; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file before and after. None: the file does not exist."""

    path: Path
    before: bytes | None
    after: bytes

    @property
    def is_needed(self) -> bool:
        return self.before != self.after

    def shown(self) -> Iterator[str]:
        """The lines of a unified diff."""
        old = (self.before or b"").decode("utf-8", "replace").splitlines()
        new = self.after.decode("utf-8", "replace").splitlines()
        name = str(self.path)
        source = "/dev/null" if self.before is None else name
        yield from unified_diff(old, new, source, name, lineterm="")


def read(path: Path) -> bytes | None:
    """Raises InstallError for a file that is there and cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InstallError(f"{path} cannot be read: {error.strerror}.") from error


class Installed:
    """What `install` changed of one client, so that `uninstall` restores each byte.

    It lies in the state folder. Installed twice, the first file's bytes are what is
    restored. A file that somebody changed since the first time is not touched.
    """

    def __init__(self, client: str) -> None:
        self._path = state_folder() / "installed" / f"{client}.json"

    def note(self, changes: Sequence[Change]) -> None:
        """Call before the files are written: after a kill it can be taken back."""
        known = self._known()
        for change in changes:
            # Without this, uninstall in another folder puts back another file.
            name = str(change.path.absolute())
            now, after = _text(change.before), _text(change.after)
            was = known.get(name)
            if was is None:
                known[name] = {
                    "before": now, "after": after, "mode": _mode(change.path)
                }  # fmt: skip
            elif now in (was["after"], was["before"]):
                was["after"] = after
            # Else somebody changed the file between two installs. Their text is not in
            # the noted bytes, so `restore` would delete it: leave `after` as it was.
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write(self._path, json.dumps(known).encode())

    def restore(self, *, force: bool) -> list[str]:
        """Put every file back; answers what was done, a line for each.

        Raises InstallError, before anything is touched, if nothing was installed, or a
        file is not as it was left. `force` restores that, too.
        """
        known = self._known()
        if not known:
            raise InstallError("Nothing was installed by this command.")
        for name, texts in known.items():
            is_ours = _text(read(Path(name))) in (texts["after"], texts["before"])
            if not is_ours and not force:
                raise InstallError(
                    f"{name} has changed since. Take our lines out by hand, or --force "
                    "to put back what was there before."
                )
        done = []
        for name, texts in known.items():
            path, before = Path(name), texts["before"]
            if before is None:
                path.unlink(missing_ok=True)
                done.append(f"Removed: {path}")
            else:
                write(
                    path, base64.b64decode(before), mode=int(texts["mode"] or "600", 8)
                )
                done.append(f"Restored: {path}")
        self._path.unlink()
        return done

    def _known(self) -> dict[str, dict[str, str | None]]:
        content = read(self._path)
        if content is None:
            return {}
        try:
            found: dict[str, dict[str, str | None]] = json.loads(content)
        except ValueError as error:
            raise InstallError(f"{self._path} is damaged: {error}.") from error
        return found


def write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace the file in one step. It is its owner's alone if no `mode` is given, for
    it holds a key. A link stays a link: it may lead to somebody's dotfiles.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.new-{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.chmod(mode)
    temporary.replace(path)


def _mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:o}" if path.exists() else "600"


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()
