"""Draws the sample media of mock_server/media."""
