"""HTTP client for any service that has the API of EMO: bounded, with a budget, free of secrets."""
