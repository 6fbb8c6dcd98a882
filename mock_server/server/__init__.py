"""The fake over HTTP: ASGI, uvicorn, the fast path, and delivery of replies."""
