"""The connectors' endpoint: what a good batch becomes, who is refused, and that a bad request leaves nothing behind."""

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from altscore_ingestion.distributors.certificates import ConnectorCa
from altscore_libs.testing import Database, api_client, execute_as_relay

from ..connector import Connector, batch_of, invoice, payment, retailer
from ..world import World

GSTIN, PHONE, SHOP = "27AAACZ0000A1Z9", "9000000000", "Corner shop"


async def test_a_batch_becomes_bronze_an_event_and_an_audit_entry(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(
        connector, batch_of(invoices=[invoice(), invoice("INV-2", amount_inr=0)], payments=[payment()]), with_v2=True
    )
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert told == {
        "batch_id": told["batch_id"],
        "submitted": 3,
        "accepted": 2,
        "quarantined": 1,
        "duplicate": 0,
        "status": "processing",
    }
    names = [name for name, _ in await world.events()]
    assert names == ["audit_event", "audit_event", "ingestion.batch.complete"]  # told once its manifest stands
    event = (await world.events())[2][1]
    manifest = world.bronze(told["batch_id"])["manifest.json"]
    assert event["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    assert event["manifest_uri"].endswith(f"/batch={told['batch_id']}/manifest.json")
    assert (event["record_count"], str(event["amount_inr"])) == (2, "42000.00")
    [audited] = await world.audited("batch_ingested")
    assert (audited["actor"], audited["subject"]) == ("dist_a", told["batch_id"])


async def test_the_status_lists_what_is_not_in_bronze_and_why_without_values(world: World) -> None:
    connector = await world.onboard()
    bad = invoice("INV-2", amount_inr=-417.25)
    answer = await world.send(connector, batch_of(invoices=[invoice(), bad, invoice()]))
    status = await world.status(connector, answer.json()["batch_id"])
    assert status.json()["records"] == [
        {
            "table": "invoices",
            "index": 1,
            "status": "quarantined",
            "reasons": [{"field": "amount_inr", "reason": "is not an amount with at most two decimals, above zero"}],
        },
        {"table": "invoices", "index": 2, "status": "duplicate", "reasons": []},
    ]
    assert status.json()["written_to_bronze"] == 1
    assert "417" not in status.text


async def test_the_pipeline_is_triggered_when_the_broker_has_the_event_and_not_before(
    world: World, database: Database
) -> None:
    connector = await world.onboard()
    ids = [(await world.send(connector, batch_of(invoices=[invoice(key)]))).json()["batch_id"] for key in ("A", "B")]

    async def told() -> list[tuple[str, bool]]:
        answers = [(await world.status(connector, batch_id)).json() for batch_id in ids]
        return [(answer["status"], answer["pipeline_triggered"]) for answer in answers]

    assert await told() == [("complete", False), ("complete", False)]
    first = "(SELECT min(id) FROM outbox WHERE name = 'ingestion.batch.complete')"
    await execute_as_relay(database, f"UPDATE outbox SET sent_at = now() WHERE id = {first}")
    assert await told() == [("complete", True), ("complete", False)]
    await execute_as_relay(
        database, "DELETE FROM outbox WHERE sent_at IS NOT NULL"
    )  # the relay keeps sent events for a week
    assert await told() == [("complete", True), ("complete", False)]
    await world.pool.execute("UPDATE batch SET event_id = NULL")
    assert await told() == [("complete", False), ("complete", False)]
    await execute_as_relay(database, "UPDATE outbox SET sent_at = now()")
    assert await told() == [("complete", True), ("complete", True)]


async def test_a_status_is_found_by_the_connectors_own_id_and_by_nobody_else(world: World) -> None:
    mine, other = await world.onboard("dist_a"), await world.onboard("dist_b")
    own_id = str(uuid4())
    answer = await world.send(mine, batch_of(invoices=[invoice()]), batch_id=own_id)
    assert (await world.status(mine, own_id)).json()["batch_id"] == answer.json()["batch_id"]
    assert (await world.status(other, own_id)).status_code == 404
    assert (await world.status(other, answer.json()["batch_id"])).status_code == 404


async def test_the_same_batch_again_gets_the_original_result_and_changes_nothing(world: World) -> None:
    connector = await world.onboard()
    payload, own_id = batch_of(invoices=[invoice()]), str(uuid4())
    first = await world.send(connector, payload, batch_id=own_id)
    before = len(await world.events())
    again = await world.send(connector, payload, batch_id=own_id)
    renamed = await world.send(connector, payload)
    for answer in (again, renamed):
        assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_ALREADY_PROCESSED")
        assert answer.json()["result"] == first.json() | {"status": "complete"}
    assert [data["action"] for _, data in (await world.events())[before:]] == ["batch_refused", "batch_refused"]


async def test_a_used_batch_id_with_another_body_is_a_conflict(world: World) -> None:
    connector, own_id = await world.onboard(), str(uuid4())
    await world.send(connector, batch_of(invoices=[invoice()]), batch_id=own_id)
    answer = await world.send(connector, batch_of(invoices=[invoice("INV-2")]), batch_id=own_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_CONFLICT")


Change = Callable[[Connector, bytes], dict[str, str | None]]
FORGED: dict[str, tuple[Change, str]] = {
    "no API key": (lambda c, b: {"X-API-Key": None}, "api_key_missing"),
    "another API key": (lambda c, b: {"X-API-Key": "0" * 64}, "api_key_mismatch"),
    "no signature": (lambda c, b: {"X-Payload-Signature": None}, "signature_missing"),
    "a signature of another body": (lambda c, b: {"X-Payload-Signature": c.sign(b + b" ")}, "signature_mismatch"),
    "a signature in capitals": (lambda c, b: {"X-Payload-Signature": c.sign(b).upper()}, "signature_mismatch"),
    "a signature by the API key": (
        lambda c, b: {"X-Payload-Signature": Connector("", None, signing_secret=c.api_key).sign(b)},
        "signature_mismatch",
    ),
    "a malformed second signature": (lambda c, b: {"X-Payload-Signature-V2": "yes"}, "signature_v2_malformed"),
}


async def test_credentials_that_do_not_agree_are_refused_audited_and_leave_nothing(world: World) -> None:
    connector = await world.onboard()
    payload = batch_of(invoices=[invoice()])
    body, _ = connector.request(payload, now=world.clock.now())
    assert len(FORGED) == 7
    for case, (change, _cause) in FORGED.items():
        answer = await world.send(connector, payload, headers=change(connector, body))
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), case
    assert [entry["reason"] for entry in await world.audited("failed_auth")] == [cause for _, cause in FORGED.values()]
    await _assert_nothing_written(world)


async def test_a_second_signature_holds_only_for_its_own_request_and_five_minutes(world: World) -> None:
    connector, own_id = await world.onboard(), str(uuid4())
    payload = batch_of(invoices=[invoice()])
    body, _ = connector.request(payload, now=world.clock.now())

    async def send(**signed: Any) -> Any:
        fields = {"batch_id": own_id, "erp_type": "csv", "at": world.clock.now(), **signed}
        header = {"X-Payload-Signature-V2": connector.sign_v2(body, **fields)}
        return await world.send(connector, payload, batch_id=own_id, headers=header)

    old = world.clock.now()
    world.clock.advance(seconds=301)
    assert (await send(at=old)).status_code == 401
    assert (await send(erp_type="sap_b1")).status_code == 401
    assert (await send(batch_id=str(uuid4()))).status_code == 401
    assert (await send(path="/v1/other")).status_code == 401
    causes = [entry["reason"] for entry in await world.audited("failed_auth")]
    assert causes == ["signature_v2_outside_window", *["signature_v2_mismatch"] * 3]
    assert (await send()).status_code == 202


async def test_a_body_that_names_another_distributor_is_not_authenticated(world: World) -> None:
    connector = await world.onboard("dist_a")
    await world.onboard("dist_b")
    answer = await world.send(connector, batch_of("dist_b", invoices=[invoice()]))
    await _assert_refused(world, answer, "distributor_mismatch")


async def test_a_certificate_that_was_not_issued_by_us_opens_nothing(world: World, wiring: Any) -> None:
    connector = await world.onboard()
    foreign: ConnectorCa = wiring.ca  # the right CA, but a certificate that is not on the allow-list
    stray = await foreign.issue(connector.key.public_key(), "dist_a", now=world.clock.now())
    assert stray.fingerprint != connector.fingerprint
    async with api_client(world.app, None, distributor_id="dist_a", fingerprint=stray.fingerprint) as client:
        body, headers = connector.request(batch_of(invoices=[invoice()]), now=world.clock.now())
        answer = await client.post("/v1/ingest/batch", content=body, headers=headers)
    await _assert_refused(world, answer, "certificate_unknown")


async def test_a_service_certificate_is_no_connector(world: World) -> None:
    connector = await world.onboard()
    async with api_client(world.app, "admin") as client:
        body, headers = connector.request(batch_of(invoices=[invoice()]), now=world.clock.now())
        answer = await client.post("/v1/ingest/batch", content=body, headers=headers)
    await _assert_refused(world, answer, "certificate_missing")


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ("UPDATE certificate SET revoked_at = now()", "certificate_not_accepted"),
        ("UPDATE distributor SET is_active = false", "distributor_inactive"),
    ],
)
async def test_revocation_holds_from_the_next_request_on(world: World, statement: str, cause: str) -> None:
    connector = await world.onboard()
    assert (await world.send(connector, batch_of())).status_code == 202
    await world.pool.execute(statement)
    answer = await world.send(connector, batch_of(invoices=[invoice()]))
    assert answer.status_code == 401
    assert [entry["reason"] for entry in await world.audited("failed_auth")] == [cause]


async def test_an_expired_certificate_is_refused_even_on_an_open_connection(world: World) -> None:
    connector = await world.onboard()
    world.clock.advance(seconds=91 * 86_400)
    await _assert_refused(
        world, await world.send(connector, batch_of(invoices=[invoice()])), "certificate_not_accepted"
    )


async def _assert_refused(world: World, answer: Any, cause: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["content-type"] == "application/problem+json"
    assert cause not in answer.text
    assert [entry["reason"] for entry in await world.audited("failed_auth")] == [cause]
    await _assert_nothing_written(world)


async def _assert_nothing_written(world: World) -> None:
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 0
    assert "ingestion.batch.complete" not in [name for name, _ in await world.events()]
    assert await world.vault.pool.fetchval("SELECT count(*) FROM subject") == 0


def _text(payload: Any) -> bytes:
    return json.dumps(payload).encode()


ENVELOPE = batch_of(invoices=[invoice()])
BAD_INPUT: dict[str, tuple[bytes, dict[str, str | None], int, str]] = {
    "empty": (b"", {}, 400, "INVALID_REQUEST"),
    "no JSON": (b"<xml/>", {}, 400, "INVALID_REQUEST"),
    "cut off": (_text(ENVELOPE)[:-1], {}, 400, "INVALID_REQUEST"),
    "two documents": (_text(ENVELOPE) * 2, {}, 400, "INVALID_REQUEST"),
    "a list": (b"[]", {}, 400, "INVALID_REQUEST"),
    "null": (b"null", {}, 400, "INVALID_REQUEST"),
    "byte order mark": (b"\xef\xbb\xbf" + _text(ENVELOPE), {}, 400, "INVALID_REQUEST"),
    "UTF-16": (json.dumps(ENVELOPE).encode("utf-16"), {}, 400, "INVALID_REQUEST"),
    "not UTF-8": (_text(ENVELOPE).replace(b"INV-1", b"\xff\xfe"), {}, 400, "INVALID_REQUEST"),
    "NaN": (_text(ENVELOPE).replace(b"42000", b"NaN"), {}, 400, "INVALID_REQUEST"),
    "infinity": (_text(ENVELOPE).replace(b"42000", b"1e999999"), {}, 400, "INVALID_REQUEST"),
    "lone surrogate": (_text(ENVELOPE).replace(b"INV-1", b"\\ud800"), {}, 400, "INVALID_REQUEST"),
    "a key twice": (_text(ENVELOPE).replace(b'{"dist', b'{"sync_to":1,"dist', 1), {}, 400, "INVALID_REQUEST"),
    "deep nesting": (b'{"invoices":' + b"[" * 5_000 + b"]" * 5_000 + b"}", {}, 400, "INVALID_REQUEST"),
    "no period": (_text({"distributor_id": "dist_a"}), {}, 400, "INVALID_REQUEST"),
    "period backwards": (
        _text(ENVELOPE | {"sync_from": "2027-01-01T00:00:00Z"}),
        {},
        400,
        "INVALID_REQUEST",
    ),
    "period from before 2000": (_text(ENVELOPE | {"sync_from": "1999-12-31T23:59:59Z"}), {}, 400, "INVALID_REQUEST"),
    "period into the future": (_text(ENVELOPE | {"sync_to": "9999-12-31T23:59:59-23:59"}), {}, 400, "INVALID_REQUEST"),
    "instant without offset": (
        _text(ENVELOPE | {"sync_to": "2026-05-19T00:00:00"}),
        {},
        400,
        "INVALID_REQUEST",
    ),
    "sequence zero": (_text(ENVELOPE | {"sequence": 0}), {}, 400, "INVALID_REQUEST"),
    "sequence beyond exact integers": (_text(ENVELOPE | {"sequence": 2**53}), {}, 400, "INVALID_REQUEST"),
    "sequence by word": (_text(ENVELOPE | {"sequence": "7"}), {}, 400, "INVALID_REQUEST"),
    "unknown list": (_text(ENVELOPE | {"orders": []}), {}, 400, "INVALID_REQUEST"),
    "a list that is none": (_text(ENVELOPE | {"payments": {}}), {}, 400, "INVALID_REQUEST"),
    "1,001 records": (
        _text(batch_of(invoices=[invoice()] * 1_000, payments=[payment()])),
        {},
        400,
        "BATCH_TOO_LARGE",
    ),
    "over the size limit": (b" " * (8 * 1024 * 1024 + 1), {}, 413, "PAYLOAD_TOO_LARGE"),
    "no batch id": (_text(ENVELOPE), {"X-Batch-ID": None}, 400, "INVALID_REQUEST"),
    "a batch id that is no UUID": (_text(ENVELOPE), {"X-Batch-ID": "7"}, 400, "INVALID_REQUEST"),
    "an unknown ERP": (_text(ENVELOPE), {"X-ERP-Type": "quickbooks"}, 400, "INVALID_REQUEST"),
    "another content type": (_text(ENVELOPE), {"Content-Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
}


async def test_a_bad_request_is_a_clear_refusal_audited_and_leaves_nothing(world: World) -> None:
    connector = await world.onboard()
    assert len(BAD_INPUT) == 30
    for case, (body, headers, status, code) in BAD_INPUT.items():
        answer = await world.send(connector, body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), case
        assert "INV-1" not in answer.text, case
        assert (await world.audited("batch_refused"))[-1]["reason"] == code, case
    await _assert_nothing_written(world)
    assert len(await world.audited("batch_refused")) == len(BAD_INPUT)


async def test_the_period_of_a_batch_lies_between_2000_and_a_day_after_now(world: World) -> None:
    connector, latest = await world.onboard(), world.clock.now() + timedelta(days=1)
    for sync_to, is_accepted in ((latest, True), (latest + timedelta(microseconds=1), False)):
        answer = await world.send(connector, batch_of(sync_from="2000-01-01T00:00:00Z", sync_to=sync_to.isoformat()))
        assert answer.status_code == (202 if is_accepted else 400), answer.text
    assert answer.json()["errors"] == [{"field": "sync_to", "reason": "lies more than one day in the future"}]


async def test_the_manifest_tells_the_period_in_utc(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(connector, batch_of(sync_to="2026-05-19T05:30:00+05:30"))
    assert world.manifest(answer.json()["batch_id"])["sync_to"] == "2026-05-19T00:00:00Z"


async def test_personal_data_is_stored_nowhere_but_encrypted(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    connector = await world.onboard()
    answer = await world.send(
        connector,
        batch_of(
            retailers=[
                retailer("r-1", gst=GSTIN, phone=PHONE, shop_name=SHOP),
                retailer("r-2", gst=GSTIN, phone=PHONE, shop_name=SHOP, colour="red"),
            ],
            invoices=[invoice(retailer_ref=None, retailer_gst=GSTIN), invoice("INV-2", amount_inr=GSTIN)],
        ),
    )
    assert (answer.json()["accepted"], answer.json()["quarantined"]) == (2, 2)
    status = await world.status(connector, answer.json()["batch_id"])
    seen: list[str] = [answer.text, status.text, caplog.text]
    for pool in (world.pool, world.vault.pool):
        tables = await pool.fetch("SELECT relname FROM pg_stat_user_tables")
        assert len(tables) >= 4
        for table in tables:
            if table["relname"] != "alembic_version" and not table["relname"].startswith("outbox"):
                seen += [str(tuple(row)) for row in await pool.fetch(f"SELECT * FROM {table['relname']}")]
        seen += [str(tuple(row)) for row in await pool.fetch("SELECT name, topic, key, payload FROM outbox")]
    batch_id = answer.json()["batch_id"]
    objects = [*world.bronze(batch_id).values(), *world.quarantine(batch_id).values()]
    assert len(objects) == 4
    seen += [str(body) for body in objects]
    for text in seen:
        for secret in (GSTIN, PHONE, SHOP, connector.api_key, connector.signing_secret):
            assert secret not in text


async def test_a_batch_without_records_keeps_the_period(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(connector, batch_of())
    assert answer.status_code == 202
    manifest = world.manifest(answer.json()["batch_id"])
    assert (manifest["files"], manifest["sync_to"]) == ([], "2026-05-19T00:00:00Z")
