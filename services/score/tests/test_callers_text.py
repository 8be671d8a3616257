"""No free text of a caller enters the audit, the outbox or a log line (decision 100)."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from altscore_libs.logs import JsonFormatter, bound_value
from altscore_libs.testing import api_client
from altscore_score.app import create_served_lenders_app
from altscore_score.audit.service import KNOWN_PURPOSES, recorded_purpose
from altscore_score.scores.reader import ScoreCache

from .world import LENDER, PURPOSE, RETAILER, UNKNOWN_RETAILER, World

PHONE, GST, NAME = "919000000110", "33AABPM0000W1ZS", "Ramesh.Traders"
HOSTILE = (PHONE, GST, NAME)


class Lines(logging.Handler):
    """Keeps every log line with all its fields, before any of them is masked."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        self.as_written: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the message and all fields."""
        written = JsonFormatter("test").format(record)
        self.texts.append(f"{record.getMessage()} {record.__dict__} {written}")
        self.as_written.append(json.loads(written))


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged while a test runs."""
    handler = Lines()
    root = logging.getLogger("altscore")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


async def call_everywhere(world: World, text: str) -> list[int]:
    """The statuses of calls that carry a text wherever a caller can put one."""
    own_headers = world.headers(
        **{"X-Request-ID": text, "traceparent": text, "User-Agent": text, "Accept-Language": text}
    )
    claimed = {"Authorization": "Bearer x", "X-Client-ID": f"lender_{text.lower().replace('.', '_')}"}
    statuses = []
    for headers in (own_headers, world.headers(**{"X-Request-ID": f"urn:uuid:{text}"}), claimed):
        for retailer_id in (RETAILER, UNKNOWN_RETAILER, text):
            for purpose in (text, PURPOSE):
                body = {"retailer_id": retailer_id, "purpose": purpose}
                reply = await world.lenders.post("/v1/score", json=body, headers=headers)
                statuses.append(reply.status_code)
                batch = {"retailer_ids": [retailer_id], "purpose": purpose}
                reply = await world.lenders.post("/v1/score/batch", json=batch, headers=headers)
                statuses.append(reply.status_code)
                path = f"/v1/score/{retailer_id}/history"
                reply = await world.lenders.get(path, params={"purpose": purpose, text: text}, headers=headers)
                statuses.append(reply.status_code)
        for method, path in (("GET", f"/{text}"), ("DELETE", "/v1/score"), ("GET", f"/v1/grievances/{text}")):
            statuses.append((await world.lenders.request(method, path, headers=headers)).status_code)
        reply = await world.lenders.get("/v1/retailers/lookup", params={"gst": text}, headers=headers)
        statuses.append(reply.status_code)
        reply = await world.lenders.post("/v1/score", json={text: text, "purpose": {text: text}}, headers=headers)
        statuses.append(reply.status_code)
        await world.redis.call("FLUSHDB")
    return statuses


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_callers_text_is_in_no_outbox_row_and_no_log_line(world: World, lines: Lines, text: str) -> None:
    statuses = await call_everywhere(world, text)
    assert {200, 400, 401, 403, 404, 405} <= set(statuses)
    rows = await world.fetch_outbox("SELECT event_id, key, payload FROM outbox")
    assert len(rows) > 20
    written = [f"{row['key']} {bytes(row['payload'])!r}" for row in rows]
    for spelling in {text, text.lower(), text.lower().replace(".", "_")}:
        assert not [row for row in written if spelling in row]
        assert not [line for line in lines.texts if spelling in line]


async def test_a_log_line_of_a_lenders_call_names_lender_and_retailer(world: World, lines: Lines) -> None:
    await world.redis.call("SET", ScoreCache.names(LENDER, RETAILER)[0], b"{}")
    assert (await world.score()).status_code == 200
    [line] = [line for line in lines.as_written if line["message"] == "a cached score is not ours"]
    assert (line["lender_id"], line["retailer_id"]) == (LENDER, RETAILER)
    assert (bound_value("lender_id"), bound_value("retailer_id")) == (None, None)


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_callers_text_as_client_id_is_recorded_as_unknown(world: World, lines: Lines, text: str) -> None:
    client_id = f"lender_{text.lower().replace('.', '_')}"
    body: dict[str, str] = {"client_id": client_id, "client_secret": "0" * 64}
    statuses = [(await world.lenders.post("/v1/auth/token", json=body)).status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert [line for line in lines.texts if "client id locked" in line and "'client_id': 'unknown'" in line]
    refresh = {**body, "grant_type": "refresh_token", "refresh_token": "0" * 64}
    assert (await world.lenders.post("/v1/auth/token", json=refresh)).status_code == 429
    entries = await world.audit("failed_auth")
    assert [entry["actor"] for entry in entries] == ["unknown"] * 8
    rows = await world.fetch_outbox("SELECT key, payload FROM outbox")
    assert not [row for row in rows if client_id in f"{row['key']} {bytes(row['payload'])!r}"]
    assert not [line for line in lines.texts if client_id in line]


async def test_a_fault_of_ours_logs_the_route_and_not_the_path(world: World, lines: Lines) -> None:
    history = replace(world.services.history, endpoint=None)  # type: ignore[arg-type]  # a fault of ours
    app = create_served_lenders_app(replace(world.services, history=history))
    async with api_client(app) as lenders:
        reply = await lenders.get(f"/v1/score/{PHONE}/history", headers=world.headers())
    assert reply.status_code == 500
    assert any("/v1/score/{retailer_id}/history" in line for line in lines.texts)
    assert not [line for line in lines.texts if PHONE in line]


async def test_a_purpose_that_is_none_of_ours_is_recorded_as_other(world: World) -> None:
    await world.score(purpose=PHONE)
    await world.score(purpose="trade_credit")
    refused = await world.audit("score_refused")
    assert [entry["details"]["purpose"] for entry in refused] == ["other", "trade_credit"]


async def test_a_purpose_that_a_consent_names_is_recorded(world: World) -> None:
    await world.grant(purpose="vehicle_loan")
    assert (await world.score(purpose="vehicle_loan")).status_code == 200
    (served,) = await world.audit("score_requested")
    assert served["details"]["purpose"] == "vehicle_loan"


def test_the_purposes_of_the_contract_are_known() -> None:
    assert {recorded_purpose(purpose) for purpose in KNOWN_PURPOSES} == KNOWN_PURPOSES
    assert UUID(int=0).hex not in KNOWN_PURPOSES
