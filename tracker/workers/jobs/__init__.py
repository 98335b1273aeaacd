"""What a worker process does: compress, review, search, read files. No Django."""
