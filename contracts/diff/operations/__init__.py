"""Changes of an operation: parameters, bodies, answers, access."""
