"""The download of a result: tries, parts, checks, and the file that it becomes."""
