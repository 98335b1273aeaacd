"""Who may do what, and what they did: API keys, login links, the audit log."""
