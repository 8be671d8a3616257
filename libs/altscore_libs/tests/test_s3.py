"""An object store that hangs, fails or is gone costs bounded waits, and after a few failures none."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from altscore_libs import s3
from altscore_libs.settings import S3Settings
from altscore_libs.testing import silent_server
from altscore_libs.testing_postgres import free_port
from altscore_libs.testing_stopwatch import Stopwatch
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr


def client_of(port: int, *, attempts: int = 1) -> Any:
    """A client of a store on that port, with short limits."""
    settings = S3Settings(
        s3_endpoint=f"http://127.0.0.1:{port}", s3_access_key="a", s3_secret_key=SecretStr("b"), s3_region="ap-south-1"
    )
    return s3.s3_client(settings, read_timeout_s=0.1, attempts=attempts)


def failure_of(client: Any) -> tuple[Exception, float]:
    """What a read raises, and after how many seconds."""
    watch = Stopwatch()
    with pytest.raises((BotoCoreError, ClientError)) as raised:
        client.get_object(Bucket="shop", Key="shelf")
    return raised.value, watch.seconds


async def test_a_silent_store_is_left_alone_after_ten_failures() -> None:
    async with silent_server() as port:
        client = client_of(port)
        for _ in range(10):
            error, waited_s = await asyncio.to_thread(failure_of, client)
            assert not isinstance(error, s3.ObjectStoreCircuitOpen)
            assert waited_s < 2
        error, waited_s = await asyncio.to_thread(failure_of, client)
        assert isinstance(error, s3.ObjectStoreCircuitOpen)
        assert waited_s < 0.1


def test_a_store_that_is_gone_opens_the_circuit_too() -> None:
    client = client_of(free_port())
    errors = [failure_of(client)[0] for _ in range(11)]
    assert [isinstance(error, s3.ObjectStoreCircuitOpen) for error in errors] == [False] * 10 + [True]


class _Store(BaseHTTPRequestHandler):
    status = 404

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keeps the test's output short."""


@pytest.fixture
def store() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Store)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "opens"), [(404, False), (403, False), (503, True)])
def test_a_refusal_is_an_answer_and_a_fault_of_the_store_is_a_failure(
    store: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch, status: int, opens: bool
) -> None:
    monkeypatch.setattr(_Store, "status", status)
    client = client_of(store.server_address[1])
    errors = [failure_of(client)[0] for _ in range(11)]
    assert isinstance(errors[-1], s3.ObjectStoreCircuitOpen) == opens
