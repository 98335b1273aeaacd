"""What an agent may ask of its own session, over the Model Context Protocol."""
