"""Pages for the first day: first run, the demo, integrations."""
