"""The OpenAPI file: read, checked, compiled, and what it says of operations and outcomes."""
