"""Small wrong changes of openapi.yaml, and which test of this project notices each. A tool of our
tests: it is not installed, and nothing of the kit knows it."""
