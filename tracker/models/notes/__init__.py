"""What people add: comments, tags, and views of the list that they keep."""

from __future__ import annotations
