"""Text of messages: made valid, cut into lines, its words told apart."""
