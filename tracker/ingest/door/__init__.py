"""The one writing door: a queue, a thread, a transaction per group of reports."""
