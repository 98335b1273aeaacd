"""`token-budget follow`: session files of this machine, sent to a server elsewhere."""

from __future__ import annotations
