"""Finds the session files of this person, and counts what is passed over."""
