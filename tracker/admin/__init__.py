"""Django's admin: policies, keys and projects are edited, recorded rows are not."""
