"""Downloads of videos: retries, the partial file, checks of the content, and the target file."""
