"""The pure core: calls, time, tasks, the queue, rates, money, ids. No I/O."""
