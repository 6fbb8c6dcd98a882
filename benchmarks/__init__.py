"""Benchmarks of the fake, beside a bare server (the limit) and other fakes (the peers). Not part of
the package."""
