"""The benchmark of POST /v1/score: ours, a plain FastAPI version of the same work, and an empty response over TLS."""
