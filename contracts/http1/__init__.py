"""HTTP/1.1 for the servers of this project: strict, bounded, and independent of how the bytes are
split into segments. Works for any API.

Bytes arrive at protocol.BoundedProtocol, and reader.RequestReader finds the requests in them."""
