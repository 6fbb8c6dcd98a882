"""Web addresses: origins in the settings, and the address that a client called."""
