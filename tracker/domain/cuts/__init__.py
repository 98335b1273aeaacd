"""What replaces the beginning of a conversation once it was compressed."""
