"""The fake over HTTP: ASGI, uvicorn, the fast path, and delivery of replies.

A call arrives at fast_path.Protocol, or at FakeApp in app.py. Both make a Call of it, give it to
FakeApp.answer, and send the Reply."""
