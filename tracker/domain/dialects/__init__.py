"""The dialects in which programs write their messages: told apart, and read."""

from __future__ import annotations
