"""Where a call belongs: its session, its lane, what is around it."""
