"""What runs in worker processes: compressing, reviewing, counting."""
