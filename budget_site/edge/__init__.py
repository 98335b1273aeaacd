"""What stands before Django: connections, their limits, and who may be trusted."""
