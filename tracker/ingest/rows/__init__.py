"""The rows a transaction reads and writes."""
