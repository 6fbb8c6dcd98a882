"""Scenarios: which answer, ending or fault a matching call gets."""
