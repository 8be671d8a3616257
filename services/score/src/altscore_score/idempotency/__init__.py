"""An X-Request-ID is answered once."""
