"""Similar names: what a user probably meant."""
