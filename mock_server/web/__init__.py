"""Web addresses: origins that settings name, and the address that a client called."""
