"""Compares the operations of two OpenAPI documents: parameters, bodies, answers, security."""
