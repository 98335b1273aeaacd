"""The published contract, built from what the code itself checks."""
