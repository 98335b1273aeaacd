"""What the `token-budget` command knows of Claude Code."""
