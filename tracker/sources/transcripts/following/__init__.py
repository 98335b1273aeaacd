"""Reads session files as they grow, and waits for more."""
