"""Claude Code's session files: lines, messages, sessions, compactions."""
