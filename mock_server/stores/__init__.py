"""Stores for tenants and tasks, and the data of one request."""
