"""Model calls over a websocket: OpenAI's Responses."""
