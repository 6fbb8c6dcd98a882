"""Every answer of the fake, with the ways to trigger it."""
