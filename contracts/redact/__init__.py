"""Hides secrets in any text, URL or body, in every spelling that clients use."""
