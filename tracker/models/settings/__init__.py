"""What people set: policies, models, upstreams, and which version of it all holds."""
