"""Who may hear of what: when a socket opens, and while it stays open."""
