"""Django's SQLite, for a file that must stay the one that a server has opened."""
