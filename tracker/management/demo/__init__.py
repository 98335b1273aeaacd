"""The demo: a story of invented sessions, and what plays it."""
