"""Compares recordings with the spec, the fake and the documented times."""
