"""Pages about compressions: the inbox, one compression, its messages, dry runs."""
