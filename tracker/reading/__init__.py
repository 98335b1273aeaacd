"""Queries that pages and the API share. Reads only."""

from __future__ import annotations
