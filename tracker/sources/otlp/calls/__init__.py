"""What a span tells of a model call, and which calls are one."""
