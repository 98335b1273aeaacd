"""How often Python looks for reference cycles in a server that runs for weeks."""

from __future__ import annotations

import gc

# Reports make no cycles. With Python's 700 a full search through all loaded modules
# and held sessions took 5-10 % of the writer's time.
FIRST_GENERATION = 20_000
LATER_GENERATIONS = 20


def settle() -> None:
    """Call once all is imported: that is never searched again, the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(FIRST_GENERATION, LATER_GENERATIONS, LATER_GENERATIONS)
