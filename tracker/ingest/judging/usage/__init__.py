"""Judges one usage report, and tells whether another report said the same."""
