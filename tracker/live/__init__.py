"""Carries news from the writer to open pages. Decides nothing."""
