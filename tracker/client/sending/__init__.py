"""How reports leave the process: queue, batches, retries, and a spool on disk."""
