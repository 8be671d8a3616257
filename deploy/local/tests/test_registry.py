"""The schema registry's set-up while the registry has only just started."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from altscore_local import registry as registry_module
from altscore_local.layout import Layout
from altscore_local.postgres import Postgres
from altscore_local.process import StackError
from altscore_local.registry import Registry


class Dropping(ThreadingHTTPServer):
    """Closes the first connections without an answer, then answers; remembers what was asked."""

    def __init__(self, *, dropped: int, status: int = 200) -> None:
        self.left, self.status, self.asked = dropped, status, list[str]()
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Dropping

    def do_PUT(self) -> None:  # the library's name
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.left:
            self.server.left -= 1
            return
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b'{"id":1}')

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


Write = Callable[..., tuple[Dropping, Callable[..., Any]]]


@pytest.fixture
def write(clone: Layout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes to a registry that drops so many connections first."""
    monkeypatch.setattr(registry_module, "RETRY_WAITS_S", (0.01, 0.01))
    servers: list[Dropping] = []

    def to(**behaviour: int) -> tuple[Dropping, Callable[..., Any]]:
        server = Dropping(**behaviour)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        registry = Registry(clone, Postgres(clone))
        registry.url = f"http://127.0.0.1:{server.server_port}"
        return server, registry._write

    yield to
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_connection_that_is_dropped_is_tried_again(write: Write) -> None:
    server, put = write(dropped=2)
    assert put("PUT", "/config", {}) == json.loads('{"id":1}')
    assert len(server.asked) == 3


def test_a_registry_that_always_drops_ends_the_start(write: Write) -> None:
    server, put = write(dropped=9)
    with pytest.raises(OSError, match="closed connection"):
        put("PUT", "/config", {})
    assert len(server.asked) == 3


def test_a_refusal_is_not_tried_again(write: Write) -> None:
    server, put = write(dropped=0, status=409)
    with pytest.raises(StackError, match="refuses"):
        put("PUT", "/config", {})
    assert len(server.asked) == 1
