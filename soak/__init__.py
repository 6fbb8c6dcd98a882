"""A soak: good, busy and hostile clients at once against the real programs, and limits for all."""
