"""What each operation of the spec does."""
