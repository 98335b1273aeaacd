"""What providers say: usage objects, model names, windows and prices."""
