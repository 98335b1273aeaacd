"""The page of alerts: rules, channels, and what was sent."""
