"""The checks of a provider: a run of them, its events, its evidence."""
