"""What happened: exchanges without secrets, counts, the log, and their exports."""
