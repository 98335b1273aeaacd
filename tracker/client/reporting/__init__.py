"""How a report is made: from a provider's answer, a stream, or plain numbers."""
