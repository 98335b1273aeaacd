"""Sends the alerts that `tracker.ingest` has put out; notices silent sources."""
