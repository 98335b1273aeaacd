"""Judges the reports of one transaction: levels, events, compressions, news."""
