"""What was read where: files, and what came from each source."""
