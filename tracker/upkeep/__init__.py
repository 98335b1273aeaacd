"""Keeps the store in order: prune, delete, verify, weeks."""
