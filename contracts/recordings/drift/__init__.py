"""Differences between a recording and the spec, the fake, and the documented times."""
