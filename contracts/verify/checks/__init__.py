"""The checks, one module for each group. contracts.verify.registry lists them."""
