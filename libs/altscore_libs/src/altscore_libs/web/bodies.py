"""Reading request bodies within their limits of size and time."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from altscore_libs.errors import PayloadTooLarge, RequestTimeout, UnsupportedMediaType

DEFAULT_BODY_BYTES = 65_536
BODY_S = 10.0
MIN_BODY_BYTES_PER_S = 16_384


async def read_body(request: Request, limit_bytes: int, *, takes_gzip: bool = False) -> bytes:
    """The whole body as sent, refused as soon as it is known to exceed `limit_bytes`.

    Raises:
        UnsupportedMediaType: declared as encoded, as `body_of`.
        PayloadTooLarge: declared or sent too many bytes.
        RequestTimeout: not complete in time (`body_timeout_s` of create_app).
    """
    if not hasattr(request, "_body"):  # Starlette's own cache, so that body() works after the stream is read
        patience_s = getattr(request.app.state, "body_timeout_s", BODY_S)
        request._body = await body_of(
            request.scope, request.receive, limit_bytes, patience_s=patience_s, takes_gzip=takes_gzip
        )
    return request._body


async def body_of(
    scope: Scope, receive: Receive, limit_bytes: int, *, patience_s: float = BODY_S, takes_gzip: bool = False
) -> bytes:
    """The whole body of an ASGI request; the one reader of both the applications and the raw routes.

    Args:
        scope: of the request.
        receive: of the request.
        limit_bytes: longest body accepted.
        patience_s: how long it may take, and a second more for every MIN_BODY_BYTES_PER_S received: a body that
            trickles ends here, a long one over a slow line does not.
        takes_gzip: the caller decodes a body that `is_gzip`, which is returned as sent.

    Raises:
        UnsupportedMediaType: declared as encoded: nothing here decodes, and a proxy that does would read another body.
        PayloadTooLarge: declared or sent too many bytes.
        RequestTimeout: not complete in time.
        ClientDisconnect: the caller left.
    """
    is_encoded = any(encoding != b"identity" for encoding in _encodings(scope))
    if is_encoded and not (takes_gzip and is_gzip(scope)):
        raise UnsupportedMediaType("the body must come without a content encoding" + (" or as gzip" * takes_gzip))
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > limit_bytes):
            raise PayloadTooLarge(f"the body exceeds {limit_bytes} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(patience_s) as patience:
            ends_at = patience.when() or 0.0
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect()
                body += message.get("body", b"")
                if len(body) > limit_bytes:
                    raise PayloadTooLarge(f"the body exceeds {limit_bytes} bytes")
                if not message.get("more_body", False):
                    return bytes(body)
                patience.reschedule(ends_at + len(body) / MIN_BODY_BYTES_PER_S)
    except TimeoutError as error:
        raise RequestTimeout("the body did not arrive in time") from error


def is_gzip(scope: Scope) -> bool:
    """Whether the body of an ASGI request is declared as gzip, once and as nothing else."""
    return _encodings(scope) == [b"gzip"]


def _encodings(scope: Scope) -> list[bytes]:
    return [value.strip().lower() for name, value in scope["headers"] if name == b"content-encoding"]
