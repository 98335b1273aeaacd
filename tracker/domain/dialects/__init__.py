"""The dialects in which programs write their messages: told apart, and read."""
