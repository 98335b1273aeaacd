"""Counts that are made anew from the rows they summarise."""
