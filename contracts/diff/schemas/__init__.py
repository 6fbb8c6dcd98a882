"""Compares two JSON Schemas."""
