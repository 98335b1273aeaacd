"""Reading conversations: messages, tool calls, text, and the facts in it."""
