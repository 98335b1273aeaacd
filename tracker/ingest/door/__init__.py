"""The one writing door: a queue, a thread, a transaction per group of reports."""

from __future__ import annotations
