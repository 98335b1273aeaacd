"""Changes who may come in: keys, login links, and the first of each."""
