"""Token budget tracking: how full is each LLM session's context window?"""

__version__ = "0.1.0"
