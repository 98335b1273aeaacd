"""Queries that pages and the API share. Reads only."""
