"""Pages about policies: the list, the form, what-if trials."""
