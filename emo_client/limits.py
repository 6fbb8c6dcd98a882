"""Limits on answers that the client reads. The documented answers have less than 10 KB. A video has
at most 60 s (EMO-3), which is a few MB."""

ANSWER = 4 << 20  # bytes of an answer of the API, compressed and decompressed
REFUSAL = 64 << 10  # bytes to keep of an error page of the object store or of an answer too large
CODINGS = 5  # layers of Content-Encoding to decompress
VIDEO = 256 << 20  # bytes of a video: the default of max_bytes=…
DOWNLOAD = 1800.0  # seconds for a whole download: the default of timeout=…
REDIRECTS = 5  # redirects that a download follows
PROGRESS = 64 << 10  # bytes (or 1 % of a small video) that a try must bring to count as progress
