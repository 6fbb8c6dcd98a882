"""Every answer of the fake, with a recipe for it."""
