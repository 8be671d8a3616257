"""Which bytes on a topic wake a run, against a registry as a real server."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
from altscore_libs.events import SchemaCatalog
from altscore_libs.testing import SCHEMAS
from altscore_pipelines.wake import WAKING, Schemas, Unreadable, read_event

CATALOGUE = SchemaCatalog.load(SCHEMAS)
KNOWN = {1: "consent.granted", 2: "consent.invited", 3: "ingestion.batch.complete"}


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class's name
            name = KNOWN.get(int(self.path.rpartition("/")[2]))
            body = json.dumps({"schema": CATALOGUE.type_of(name).raw_schema} if name else {}).encode()
            self.send_response(200 if name else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


PARSERS = {"uuid": UUID, "timestamp-micros": datetime.fromisoformat, "decimal": Decimal}


def message(schema_id: int, name: str) -> bytes:
    """A framed event, from the schema's own sample."""
    domain = name.partition(".")[0]
    sample = json.loads((SCHEMAS / domain / name / "samples/pass/typical.json").read_text())
    for field in json.loads(CATALOGUE.type_of(name).raw_schema)["fields"]:
        kind = field["type"].get("logicalType") if isinstance(field["type"], dict) else None
        if kind in PARSERS:
            sample[field["name"]] = PARSERS[kind](sample[field["name"]])
    return b"\0" + schema_id.to_bytes(4, "big") + CATALOGUE.encode(name, sample)


@pytest.mark.parametrize(("schema_id", "name"), [(1, "consent.granted"), (3, "ingestion.batch.complete")])
async def test_a_batch_or_a_grant_wakes(registry: str, schema_id: int, name: str) -> None:
    event = await read_event(message(schema_id, name), Schemas(registry))
    assert event is not None
    assert event["name"] in WAKING
    assert UUID(event["event_id"])


async def test_an_invitation_does_not_wake(registry: str) -> None:
    assert await read_event(message(2, "consent.invited"), Schemas(registry)) is None


@pytest.mark.parametrize(
    "value",
    [None, b"", b"\0\0\0\0\1", b"junk that is long enough", b"\0\0\0\0\x63rest", b"\0\0\0\0\1\xff\xff\xff\xff"],
    ids=["no value", "empty", "header alone", "no header", "unknown schema", "not of its schema"],
)
async def test_junk_is_unreadable_and_raises_nothing_else(registry: str, value: bytes | None) -> None:
    with pytest.raises(Unreadable):
        await read_event(value, Schemas(registry))


async def test_without_the_registry_an_event_wakes_rather_than_is_lost() -> None:
    event = await read_event(message(1, "consent.granted"), Schemas("http://127.0.0.1:1"))
    assert event == {"name": "unknown", "event_id": ""}
