"""`emo`, the command line."""
