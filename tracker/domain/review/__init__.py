"""What a compression kept, changed and lost."""
