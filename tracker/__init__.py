"""Token budget tracking: how full is each LLM session's context window?"""

from __future__ import annotations

__version__ = "0.1.0"
