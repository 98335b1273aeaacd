"""Logging in, the members of a project, and its keys."""
