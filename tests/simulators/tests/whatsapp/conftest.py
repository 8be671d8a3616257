"""The simulator as a process, and a webhook of the tests' own behind TLS."""

import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from altscore_libs.testing import self_signed, wait_until_listening
from altscore_libs.testing_postgres import HANG_S, free_port

SECRET = "an-app-secret"
TOKEN = "a-token"
NUMBER = "1045"
SOURCES = Path(__file__).parents[2]


@dataclass
class Webhook:
    """What arrived: raw bodies with their signature headers; answers are 200 unless told otherwise."""

    statuses: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)

    def messages(self) -> list[dict[str, Any]]:
        """Messages of people, in order of arrival."""
        return [item for value in self._values() for item in value.get("messages", [])]

    def delivery_statuses(self) -> list[dict[str, Any]]:
        """Delivery statuses, in order of arrival."""
        return [item for value in self._values() for item in value.get("statuses", [])]

    def _values(self) -> list[dict[str, Any]]:
        bodies = [json.loads(raw) for raw, _ in list(self.received)]
        return [change["value"] for body in bodies for change in body["entry"][0]["changes"]]


@dataclass
class Simulator:
    """A running simulator."""

    graph: httpx.Client
    control: httpx.Client
    webhook: Webhook
    personas: Path

    def send(self, body: Any, token: str = TOKEN, number: str = NUMBER) -> httpx.Response:
        """As a business sends."""
        return self.graph.post(f"/v21.0/{number}/messages", json=body, headers={"Authorization": f"Bearer {token}"})

    def people(self, **people: dict[str, Any]) -> None:
        """Writes the persona file; names are phones with a p in front."""
        self.personas.write_text(json.dumps({name[1:]: item for name, item in people.items()}), encoding="utf-8")

    def until(self, ready: Callable[[], Any]) -> Any:
        """What `ready` returns when it is true, within ten seconds."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if result := ready():
                return result
            time.sleep(0.02)
        raise AssertionError(f"not within 10 s; stats: {self.control.get('/sim/stats').json()}")


def invite(phone: str, **change: Any) -> dict[str, Any]:
    """A consent invite."""
    buttons = [
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": str(index),
            "parameters": [{"type": "payload", "payload": f"CONSENT_{answer}:inv_1"}],
        }
        for index, answer in enumerate(("YES", "NO"))
    ]
    body = {"type": "body", "parameters": [{"type": "text", "text": "The notice."}]}
    template = {"name": "consent_invite", "language": {"code": "hi"}, "components": [body, *buttons]} | change
    return {"messaging_product": "whatsapp", "to": phone, "type": "template", "template": template}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for loopback."""
    return self_signed(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def webhook_server(certificate: tuple[Path, Path]) -> Iterator[tuple[Webhook, str]]:
    """A webhook behind TLS and its address."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            status = webhook.statuses.pop(0) if webhook.statuses else 200
            if status == 200:
                webhook.received.append((raw, self.headers["x-hub-signature-256"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield webhook, f"https://127.0.0.1:{server.server_address[1]}/webhooks/whatsapp"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def simulator(
    certificate: tuple[Path, Path], webhook_server: tuple[Webhook, str], tmp_path: Path
) -> Iterator[Simulator]:
    """The simulator as a process."""
    webhook, url = webhook_server
    port, control_port = free_port(), free_port()
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    options = {
        "--port": port,
        "--control-port": control_port,
        "--cert": certificate[0],
        "--key": certificate[1],
        "--token": TOKEN,
        "--app-secret-file": tmp_path / "secret",
        "--webhook-url": url,
        "--webhook-ca": certificate[0],
        "--phone-number-id": NUMBER,
        "--personas": tmp_path / "personas.json",
        "--seed": 11,
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators_whatsapp", *arguments],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.DEVNULL,
    )
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with (
        httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, trust_env=False) as graph,
        httpx.Client(base_url=f"http://127.0.0.1:{control_port}", trust_env=False) as control,
    ):
        wait_until_listening([port, control_port])
        yield Simulator(graph=graph, control=control, webhook=webhook, personas=tmp_path / "personas.json")
    process.terminate()
    process.wait(timeout=HANG_S)
