"""Around every page: headers, compression, the user, and a store that is away."""
