"""The one writing door: reports go in here, each group in one transaction."""
