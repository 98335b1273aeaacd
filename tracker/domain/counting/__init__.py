"""Text to tokens, and what reported usage teaches about our counts."""
