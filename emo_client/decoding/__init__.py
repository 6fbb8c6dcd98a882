"""Decodes answers of the service: compression, charset, JSON, errors."""
