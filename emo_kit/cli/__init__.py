"""The commands of `emo`."""
