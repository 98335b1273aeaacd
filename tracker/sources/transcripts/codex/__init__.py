"""Codex's rollouts: lines, items, requests, compactions."""
