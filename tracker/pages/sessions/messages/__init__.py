"""The kept messages of a session: read one after the other, and searched."""
