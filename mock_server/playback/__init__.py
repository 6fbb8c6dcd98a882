"""Answers from a recording in place of the spec's examples."""
