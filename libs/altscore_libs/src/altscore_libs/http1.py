"""Strict HTTP/1.1: refuses every request that a proxy and this server could parse differently (request smuggling).

llhttp already refuses Content-Length beside Transfer-Encoding, doubled or odd lengths, folded lines, bare line feeds,
NUL and bad chunks. This module closes what it leaves open, limits how long a head may take, and answers in the shape of
every other refusal. It uses private attributes of uvicorn; its version is pinned and the smuggling tests hold the rest.
"""

import asyncio
import json
import logging
import re
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
# RFC 3986 authority without user information: a name, an IPv4 or a bracketed IPv6 address, and a port.
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
# Encoded separators and controls: a proxy's rules would see another path than the router.
_AMBIGUOUS_PATH = re.compile(rb"%(?:2[fF]|5[cC]|[01][0-9A-Fa-f]|7[fF])|[#\\]")
_log = logging.getLogger("altscore.http")


class _Refused(Exception):
    """Ends the parsing of a request."""


class StrictProtocol(HttpToolsProtocol):
    """uvicorn's protocol with one way to read a request.

    * a request's head arrives within `head_timeout_s`, has at most MAX_HEADERS fields and MAX_HEAD_BYTES bytes;
    * its target is a path (origin form) without an encoded separator or a fragment;
    * HTTP/1.1 names one host, spelled as a host; a transfer coding is `chunked` alone, and not of HTTP/1.0;
    * it asks for no other protocol, which would leave its body to be read as the next request;
    * blanks around a field's value are not part of it (RFC 9110, section 5.5);
    * chunk extensions and fields behind a chunked body are dropped, and are not longer than a head may be;
    * a reply that did not wait for the body ends the connection once the body has had DRAIN_S to come;
    * a whole request is answered also where something unreadable follows it; the refusal comes after that answer.

    Args:
        args: of uvicorn.
        head_timeout_s: from the connection, or from the first byte of a later request, to the end of the head.
        problem_types: the URI that an error's code is appended to for `type`; without it `about:blank`.
        options: of uvicorn.
    """

    def __init__(
        self, *args: Any, head_timeout_s: float = HEAD_S, problem_types: str | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._problem_types = problem_types
        self._head_timeout_s = head_timeout_s
        self._timer: asyncio.TimerHandle | None = None
        self._is_in_head = True
        self._head_bytes = 0
        self._framing_bytes = 0
        self._is_continuation = False
        self._refused_as = 400
        self._refuse_next_as: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio passes one
        """Starts to wait for the first head."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(self._head_timeout_s, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the waiting."""
        self._end_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came, and limits a head that is not whole and what a body has around it."""
        self._is_continuation = True
        super().data_received(data)
        if not self._is_in_head:
            if self._is_continuation:  # where a request began or ended within `data`, its share is not known
                self._framing_bytes += len(data)
            if self._framing_bytes > MAX_HEAD_BYTES and self.cycle is not None and self.cycle.more_body:
                self._refuse(400)
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

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field, without the blanks around its value."""
        super().on_header(name, value.strip(b" \t"))

    def on_body(self, body: bytes) -> None:
        """Part of a body."""
        if self._is_continuation:
            self._framing_bytes -= len(body)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """Checks the head and lets the application begin."""
        self._is_in_head = False
        self._check_head()
        self._framing_bytes, self._is_continuation = 0, False
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
        if self._refuse_next_as is not None and self.cycle.response_complete and not self.pipeline:
            self._refuse(self._refuse_next_as)
            return
        if self.cycle.response_complete and self.cycle.more_body and not self.transport.is_closing():
            self._end_timer()
            self._timer = self.loop.call_later(DRAIN_S, self.transport.close)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words say how it parses
        """The refusal of what is no request, as a problem document."""
        self._refuse(self._refused_as)

    def _has_whole_request_to_answer(self) -> bool:
        if self.cycle is None:
            return False
        waits = self.pipeline[0][0] if self.pipeline else self.cycle
        return not waits.response_complete and not waits.more_body

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
        if not self.url.startswith(b"/") or _AMBIGUOUS_PATH.search(self.url.partition(b"?")[0]) or b"#" in self.url:
            raise _Refused("target")
        version = self.parser.get_http_version()
        for name, value in self.headers:
            size += len(name) + len(value)
            if name == b"host":
                hosts += 1
                if not _HOST.fullmatch(value):
                    raise _Refused("host")
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
        if self._has_whole_request_to_answer():
            self._refuse_next_as = status
            return
        self._end_timer()
        identifier = new_id("req")
        document = problem_document(_ERRORS[status], identifier, types=self._problem_types)
        body = json.dumps(document, separators=(",", ":")).encode()
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
