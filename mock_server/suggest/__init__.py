"""Suggestions for misspelled names."""
