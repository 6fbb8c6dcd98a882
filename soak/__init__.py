"""The soak test: good and hostile clients call the real programs at the same time, under limits on
memory, latency and errors."""
