"""What turns the middle of a conversation into a summary."""
