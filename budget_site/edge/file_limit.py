"""How many files and connections a process may have open."""

from __future__ import annotations

import resource


def file_limit() -> int:
    """How many files and connections this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_file_limit(most: int = 65_536) -> None:
    """Give this process and its children as many files as their user may have.

    Most shells begin with 1,024: so many idle connections would refuse everybody.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
