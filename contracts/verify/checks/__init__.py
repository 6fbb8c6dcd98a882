"""The checks, one module a subject. contracts.verify.registry lists them."""
