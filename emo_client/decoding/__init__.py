"""Answers of the service as values: charset, compression, JSON, errors."""
