"""What people change: policies, reviews, keys, the catalogue; and the audit log."""
