"""What fills a window: by kind, by tool, by MCP server, by file and by skill."""
