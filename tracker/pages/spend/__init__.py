"""The page of what sessions cost."""
