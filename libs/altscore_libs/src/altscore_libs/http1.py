"""Strict HTTP/1.1: rejects every request that a proxy and this server could parse differently (request smuggling).

It also limits how long the head may take. llhttp already refuses Content-Length beside Transfer-Encoding, doubled or
odd lengths, folded lines, bare line feeds, NUL and bad chunks; this module refuses what it leaves open, with the same
problem documents as any other error.
"""

import asyncio
import json
import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from altscore_libs.errors import HeadersTooLarge, InvalidRequest, RequestTimeout
from altscore_libs.ids import new_id
from altscore_libs.problem import PROBLEM_TYPE, header_lines, problem_document

MAX_HEAD_BYTES = 32_768
MAX_HEADERS = 100
HEAD_S = 10.0
DRAIN_S = 5.0
_ERRORS = {kind.status: kind for kind in (InvalidRequest, RequestTimeout, HeadersTooLarge)}
_log = logging.getLogger("altscore.http")


class _Refused(Exception):
    """Ends the parsing of a request."""


class StrictProtocol(HttpToolsProtocol):
    """uvicorn's protocol with one way to read a request.

    * a request's head arrives within `head_timeout_s`, has at most MAX_HEADERS fields and MAX_HEAD_BYTES bytes;
    * HTTP/1.1 names one host; a transfer coding is `chunked` alone, and not of HTTP/1.0;
    * it asks for no other protocol, which would leave its body to be read as the next request;
    * fields behind a chunked body are dropped: no proxy has looked at them;
    * a reply that did not wait for the body ends the connection once the body has had DRAIN_S to come.

    Args:
        args: of uvicorn.
        head_timeout_s: from the connection, or from the first byte of a later request, to the end of the head.
        options: of uvicorn.
    """

    def __init__(self, *args: Any, head_timeout_s: float = HEAD_S, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_timeout_s = head_timeout_s
        self._timer: asyncio.TimerHandle | None = None
        self._is_in_head = True
        self._head_bytes = 0
        self._refused_as = 400

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio passes one
        """Starts to wait for the first head."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(self._head_timeout_s, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the waiting."""
        self._end_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came, and sees to a head that is not whole."""
        super().data_received(data)
        if not self._is_in_head:
            if self._timer is not None and not self._is_draining():
                self._end_timer()
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431)
        elif self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(self._head_timeout_s, self._head_is_late)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Checks the head and lets the application begin."""
        self._is_in_head = False
        self._check_head()
        super().on_headers_complete()
        self.headers = []  # what follows the body goes here, where nobody reads it

    def on_message_complete(self) -> None:
        """The body is whole."""
        if self._is_draining():
            self._end_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The reply is out; where it did not wait for the body, the connection ends soon."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body and not self.transport.is_closing():
            self._end_timer()
            self._timer = self.loop.call_later(DRAIN_S, self.transport.close)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words say how it parses
        """The refusal of what is no request, as a problem document."""
        self._refuse(self._refused_as)

    def _is_draining(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete and self.cycle.more_body

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._head_bytes:
            self._refuse(408)
        else:  # nothing was asked, so nothing is answered
            self.transport.close()

    def _check_head(self) -> None:
        hosts, size = 0, len(self.url)
        version = self.parser.get_http_version()
        for name, value in self.headers:
            size += len(name) + len(value)
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding" and (version != "1.1" or value.strip().lower() != b"chunked"):
                raise _Refused("transfer coding")
        if size > MAX_HEAD_BYTES or len(self.headers) > MAX_HEADERS:
            self._refused_as = 431
            raise _Refused("head too large")
        if self.parser.should_upgrade():
            raise _Refused("upgrade")
        if version not in ("1.0", "1.1") or hosts > 1 or (version == "1.1" and hosts == 0):
            raise _Refused("version or host")

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        self._end_timer()
        identifier = new_id("req")
        body = json.dumps(problem_document(_ERRORS[status], identifier)).encode()
        _log.warning("not a request", extra={"status": status, "request_id": identifier})
        head = header_lines(
            {
                "content-type": PROBLEM_TYPE,
                "content-length": str(len(body)),
                "x-request-id": identifier,
            }
        )
        head += "connection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[HTTPStatus(status)] + head.encode("ascii") + body)
        self.transport.close()
