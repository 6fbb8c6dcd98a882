"""From a call to its reply: the pipeline and its stages."""
