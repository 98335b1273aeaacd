"""Sessions for pages and API: lists, one session's history, its costs and counting."""
