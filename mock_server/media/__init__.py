"""The sample portrait, recording and video."""
