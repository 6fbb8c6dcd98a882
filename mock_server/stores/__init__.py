"""Where the state of tenants is kept."""
