"""Parts of foreign messages, read as blocks that counting understands, and back."""
