"""The sample portrait, audio and videos."""
