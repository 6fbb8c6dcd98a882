"""A provider of the API: calls to it, its answers within bounds, and what they may cost."""
