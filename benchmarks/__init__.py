"""What the fake costs, measured beside its limit and its peers. Not packaged, no test."""
