"""Judges compressions: those reported, and those that show in other reports."""
