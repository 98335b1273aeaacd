"""Compresses on request, reviews, and records the outcome through the door."""
