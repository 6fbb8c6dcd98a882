"""How much the client reads before it gives up. The documented answers have less than 10 KB, and a
video has at most 60 s (EMO-3), a few MB."""

ANSWER = 4 << 20  # bytes of an answer of the API, as it comes and unpacked
REFUSAL = 64 << 10  # bytes that are kept of an answer that is not used as a whole
CODINGS = 5  # layers of Content-Encoding that are unpacked
VIDEO = 256 << 20  # bytes of a download, unless max_bytes=… says otherwise
DOWNLOAD = 1800.0  # seconds for the whole of a download, unless timeout=… says otherwise
REDIRECTS = 5  # that one download follows
PROGRESS = 64 << 10  # bytes, or a hundredth of the video: a try that brings less has failed
