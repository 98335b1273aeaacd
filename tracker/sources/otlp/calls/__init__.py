"""Reads model calls from spans, and finds spans that are the same call."""
