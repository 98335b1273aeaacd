"""A package, so that its tests have one Chromium and no other test has it."""

from __future__ import annotations
