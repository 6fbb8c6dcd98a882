"""openapi.yaml: reads it, checks it, and compiles its operations and outcomes."""
