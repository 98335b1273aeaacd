"""Policies and budgets: how full, which level, what to do, how long it still lasts."""
