"""A small ingestion service as a local process of the test: it counts, remembers and misbehaves on demand."""

import gzip
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from altscore_connector import keystore
from altscore_connector.client import IngestionClient
from altscore_connector.keystore import Secrets

LARGEST_INR = 1_000_000_000
TABLES = ("retailers", "invoices", "payments", "returns")
SECRETS = Secrets(api_key="a" * 64, signing_secret="b" * 64)


class FakeIngestion:
    """The rules of ingestion that a connector relies on."""

    def __init__(self) -> None:
        self.batches: dict[str, tuple[str, dict[str, Any]]] = {}
        self.payloads: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: list[tuple[int, dict[str, str]]] = []
        self.quarantine_text_dates = True
        self.told: dict[str, list[tuple[int, dict[str, Any]]]] = {}  # answers by path; a service of before has none
        self.asked: list[str] = []

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
        self.headers.append(headers)
        if self.faults:
            status, extra = self.faults.pop(0)
            return status, extra, {"code": "RATE_LIMIT_EXCEEDED" if status == 429 else "SERVICE_UNAVAILABLE"}
        expected = hmac.new(SECRETS.signing_secret.encode(), body, hashlib.sha256).hexdigest()
        if headers["x-payload-signature"] != expected or headers["x-api-key"] != SECRETS.api_key:
            return 401, {}, {"code": "UNAUTHORIZED"}
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        batch_id, digest = headers["x-batch-id"], hashlib.sha256(body).hexdigest()
        if batch_id in self.batches:
            known, result = self.batches[batch_id]
            code = "BATCH_ALREADY_PROCESSED" if known == digest else "BATCH_CONFLICT"
            return 409, {}, {"code": code, "result": result if known == digest else {}}
        payload = json.loads(body)
        self.payloads.append(payload)
        submitted = sum(len(payload[table]) for table in TABLES)
        bad = sum(1 for record in payload["invoices"] if record["amount_inr"] > LARGEST_INR)
        result = {"batch_id": f"bat_{len(self.batches):032x}", "submitted": submitted, "duplicate": 0}
        result |= {"accepted": submitted - bad, "quarantined": bad, "status": "processing"}
        self.batches[batch_id] = (digest, result)
        return 202, {}, result

    def tell(self, target: str) -> tuple[int, dict[str, Any]]:
        """The next answer for a path; the last one for ever."""
        self.asked.append(target)
        answers = self.told.get(target.partition("?")[0], [(404, {"code": "NOT_FOUND"})])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def records(self, table: str) -> list[dict[str, Any]]:
        return [record for payload in self.payloads for record in payload[table]]


class _Handler(BaseHTTPRequestHandler):
    ingestion: FakeIngestion

    def do_GET(self) -> None:
        status, answer = self.ingestion.tell(self.path)
        self._answer(status, {}, answer)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(*self.ingestion.answer({k.lower(): v for k, v in self.headers.items()}, body))

    def _answer(self, status: int, extra: dict[str, str], answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response_only(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Silence."""


@pytest.fixture
def ingestion() -> Iterator[FakeIngestion]:
    fake = FakeIngestion()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"ingestion": fake}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def handler(ingestion: FakeIngestion) -> type[BaseHTTPRequestHandler]:
    """Ingestion's rules, for a test that puts another listener in front of them."""
    return type("Bound", (_Handler,), {"ingestion": ingestion})


@pytest.fixture(autouse=True)
def cheap_derivation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases of tests need no 64 MiB; a keystore holds its own parameters."""
    monkeypatch.setitem(keystore._ARGON2ID, "memory_kib", 64)


@pytest.fixture
def secrets() -> Secrets:
    return SECRETS


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(ingestion: FakeIngestion, waits: list[float]) -> Iterator[IngestionClient]:
    with IngestionClient(
        ingestion.url,  # type: ignore[attr-defined]
        SECRETS,
        "csv",
        context=None,
        max_wait_s=60,
        sleep=waits.append,
        now=lambda: 1_790_000_000.0,
    ) as client:
        yield client
