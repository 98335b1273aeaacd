"""One call that is reported by two ways counts once."""
