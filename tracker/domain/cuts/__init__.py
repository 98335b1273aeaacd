"""What stands for the beginning of a conversation once it was compressed."""
