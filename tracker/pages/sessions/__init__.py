"""Pages about sessions: the list, one session, exports, deletion."""
