"""What templates need to say numbers, moments and levels."""
