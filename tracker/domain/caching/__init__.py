"""A provider's prompt cache, as its usage numbers show it: misses and their cost."""
