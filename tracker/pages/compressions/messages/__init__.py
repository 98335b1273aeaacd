"""The messages of a compression, before and after, as its page lays them out."""
