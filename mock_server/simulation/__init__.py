"""The pure core: calls, time, tasks, the queue, rate limits, billing, ids. No I/O."""
