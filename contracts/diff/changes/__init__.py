"""Differences between two OpenAPI documents: how they are found, named, judged and reported."""
