"""What stays, what is shortened, and where the summary goes."""
