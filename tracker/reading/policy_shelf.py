"""The policies of this moment for readers: at most a second old, one per process."""

from __future__ import annotations

import threading
import time

from tracker.domain.budget.resolution import PolicyBook
from tracker.models.config_version import ConfigVersion
from tracker.models.policies import load_policy_book

CHECK_SECONDS = 1.0
_lock = threading.Lock()
_book: PolicyBook | None = None
_version = -1
_checked = 0.0


def present_policies() -> PolicyBook:
    """Reads the version once a second, the policies when it has moved."""
    global _book, _version, _checked
    with _lock:
        if _book is None or time.monotonic() - _checked > CHECK_SECONDS:
            version = ConfigVersion.current()
            if _book is None or version != _version:
                _book = load_policy_book()
                _version = version
            _checked = time.monotonic()
        return _book


def forget_policies() -> None:
    """For tests, whose database goes back in time."""
    global _book
    _book = None
