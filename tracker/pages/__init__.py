"""HTML with people: views and charts. GET, and small forms that call ingest."""
