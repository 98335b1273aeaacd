"""Runs before Django: connections, their limits, and which proxies are trusted."""
