"""Django's PostgreSQL, also behind a pooler that shares connections."""
