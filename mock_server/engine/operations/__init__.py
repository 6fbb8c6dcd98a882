"""The operations of the spec, one function each: see table.py. A download has no function there:
downloads.py uses results and object_store."""
