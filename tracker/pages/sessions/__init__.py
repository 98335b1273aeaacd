"""Pages about sessions: the list, one session, exports, deletion."""

from __future__ import annotations
