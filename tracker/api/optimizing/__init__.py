"""POST optimize, apart from deciding what is to be done: its body and its answer."""

from __future__ import annotations
