"""Rules that no report triggers: the keeper looks, and puts out a message."""

from __future__ import annotations
