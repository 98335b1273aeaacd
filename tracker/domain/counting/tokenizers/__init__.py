"""What turns text into a number of tokens: vocabularies, estimates, own functions."""
