"""What the middle of a conversation becomes: sources, and lines that name them."""
