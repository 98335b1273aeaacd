"""Clients that keep their sessions in a database or in files they rewrite."""

from __future__ import annotations
