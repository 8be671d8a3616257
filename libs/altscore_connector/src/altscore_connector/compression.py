"""Bodies as gzip, within what the service unpacks."""

import gzip

_SMALLEST_BYTES = 2_048
_FREE_BYTES, _MOST_TIMES = 1024 * 1024, 100
"""The service unpacks a mebibyte of anything, and beyond it a hundred times what was sent."""


def packed(body: bytes) -> tuple[bytes, dict[str, str]]:
    """A body as it is sent, and the header that says how; equal bodies become equal bytes.

    One that is small, or that the service would take for a bomb, stays as it is.
    """
    if len(body) < _SMALLEST_BYTES:
        return body, {}
    small = gzip.compress(body, compresslevel=6, mtime=0)
    if len(small) >= len(body) or len(body) > max(_FREE_BYTES, _MOST_TIMES * len(small)):
        return body, {}
    return small, {"Content-Encoding": "gzip"}
