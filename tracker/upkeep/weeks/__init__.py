"""History in weekly partitions: made ahead, and dropped whole when they are due."""
