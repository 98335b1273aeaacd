"""What importing the application sets for the whole process."""

from __future__ import annotations

import sys


def test_a_busy_thread_gives_way_soon() -> None:
    from budget_site.asgi import SWITCH_SECONDS

    assert sys.getswitchinterval() == SWITCH_SECONDS == 0.001
