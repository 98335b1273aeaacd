"""What every page shares: navigation, filters, fragments, security headers."""
