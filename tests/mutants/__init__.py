"""Mutation tests of openapi.yaml: small wrong changes, and the first test that notices each. A tool
for the tests alone: it is not installed with the kit."""
