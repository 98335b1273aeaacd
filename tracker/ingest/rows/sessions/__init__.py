"""The present state of sessions: loaded, locked, changed, written."""
