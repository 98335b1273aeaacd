"""What the operator's own tools ask: is it alive, and its numbers."""
