"""Rotation by the connector itself, heartbeats, and the quarantine's list."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from altscore_libs.testing import api_client

from ..connector import Connector, batch_of, invoice, payment, retailer
from ..world import World

ROTATE, HEARTBEAT = "/v1/connector/rotate-key", "/v1/connector/heartbeat"
CERTIFICATE, QUARANTINE = "/v1/connector/rotate-certificate", "/v1/connector/quarantine"
BEAT: dict[str, Any] = {
    "connector_version": "1.2.3",
    "erp_type": "csv",
    "source_ok": True,
    "queued_batches": 2,
    "last_success_at": "2026-05-19T10:00:00Z",
    "last_exit_status": 0,
    "findings": 4,
}


def with_key(connector: Connector, answer: dict[str, Any]) -> Connector:
    """The same site after it has taken over the key of an answer."""
    successor = Connector(connector.distributor_id, connector.key, certificate_pem=connector.certificate_pem)
    successor.api_key, successor.signing_secret = answer["api_key"], answer["signing_secret"]
    return successor


async def rotated(world: World, connector: Connector) -> Connector:
    answer = await world.call(connector, "POST", ROTATE, {})
    assert answer.status_code == 201, answer.text
    return with_key(connector, answer.json())


async def status_of_heartbeat(world: World, connector: Connector) -> int:
    return (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code


async def test_a_new_key_lasts_37_days_and_the_old_one_seven_after_its_takeover(world: World) -> None:
    old, now = await world.onboard(), world.clock.now()
    answer = await world.call(old, "POST", ROTATE, {})
    body, new = answer.json(), with_key(old, answer.json())
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    times = {
        name: datetime.fromisoformat(body[name]) - now for name in body if name not in ("api_key", "signing_secret")
    }
    assert times == {
        "valid_from": timedelta(0),
        "expires_at": timedelta(days=37),
        "previous_valid_until": timedelta(days=7),
    }
    assert len(bytes.fromhex(body["api_key"])) == len(bytes.fromhex(body["signing_secret"])) == 32
    assert await status_of_heartbeat(world, new) == 200
    world.clock.advance(seconds=7 * 86_400 - 1)
    assert (await world.send(old, batch_of(invoices=[invoice()]))).status_code == 202
    world.clock.advance(seconds=1)
    assert await status_of_heartbeat(world, old) == 401
    assert (await world.send(new, batch_of(invoices=[invoice("INV-2")]))).status_code == 202
    world.clock.advance(seconds=30 * 86_400)
    assert await status_of_heartbeat(world, new) == 401


async def test_a_lost_answer_can_be_asked_for_again_and_its_key_never_works(world: World) -> None:
    old = await world.onboard()
    lost, second = await rotated(world, old), await rotated(world, old)
    assert await status_of_heartbeat(world, lost) == 401
    for _ in range(2):
        assert await status_of_heartbeat(world, second) == 200
    [activated] = await world.audited("connector_key_activated")
    assert (activated["actor"], activated["details"]["older_keys"]) == ("dist_a", "1")
    assert [entry["reason"] for entry in await world.audited("failed_auth")] == ["api_key_mismatch"]


async def test_an_answer_that_is_lost_for_longer_than_the_overlap_locks_nobody_out(world: World) -> None:
    old = await world.onboard()
    await rotated(world, old)
    world.clock.advance(seconds=20 * 86_400)
    new = await rotated(world, old)
    assert await status_of_heartbeat(world, new) == 200


async def test_a_key_whose_successor_was_used_cannot_rotate(world: World) -> None:
    old = await world.onboard()
    new = await rotated(world, old)
    assert await status_of_heartbeat(world, new) == 200
    refused = await world.call(old, "POST", ROTATE, {})
    assert (refused.status_code, refused.json()["code"]) == (409, "KEY_SUPERSEDED")
    entries = await world.audited("connector_key_rotated")
    assert [(entry["outcome"], entry["reason"]) for entry in entries] == [
        ("success", None),
        ("refused", "KEY_SUPERSEDED"),
    ]
    assert (await rotated(world, new)).api_key != new.api_key


async def test_keys_and_secrets_of_two_generations_are_not_mixed(world: World) -> None:
    old = await world.onboard()
    new = await rotated(world, old)
    mixed = with_key(old, {"api_key": new.api_key, "signing_secret": old.signing_secret})
    assert await status_of_heartbeat(world, mixed) == 401
    assert (await world.send(mixed, batch_of(invoices=[invoice()]))).status_code == 401


async def test_no_secret_of_a_rotation_is_stored_or_audited(world: World) -> None:
    new = await rotated(world, await world.onboard())
    stored = str([tuple(row) for row in await world.pool.fetch("SELECT * FROM connector_key")])
    told = stored + str(await world.events())
    assert new.api_key not in told
    assert new.signing_secret not in told


async def test_only_a_fresh_second_signature_over_this_very_request_opens_these_endpoints(world: World) -> None:
    connector, other = await world.onboard(), await world.onboard("dist_b")
    body, good = connector.signed("POST", HEARTBEAT, BEAT, now=world.clock.now())
    elsewhere = connector.sign_v2(body, at=world.clock.now(), path=ROTATE)
    faults = {
        "signature_v2_missing": {"X-Payload-Signature-V2": None, "X-Payload-Signature": connector.sign(body)},
        "signature_v2_malformed": {"X-Payload-Signature-V2": "v2"},
        "signature_v2_mismatch": {"X-Payload-Signature-V2": elsewhere},
        "signature_v2_outside_window": {
            "X-Payload-Signature-V2": connector.sign_v2(
                body, at=world.clock.now() - timedelta(seconds=301), path=HEARTBEAT
            )
        },
        "api_key_missing": {"X-API-Key": None},
        "api_key_mismatch": {"X-API-Key": other.api_key},
    }
    for cause, headers in faults.items():
        answer = await world.call(connector, "POST", HEARTBEAT, BEAT, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), cause
    assert [entry["reason"] for entry in await world.audited("failed_auth")] == list(faults)
    async with world.client(connector) as client:
        changed = await client.post(HEARTBEAT, content=body.replace(b"true", b"false"), headers=good)
        assert changed.status_code == 401
        assert (await client.get(QUARANTINE, headers={"X-API-Key": connector.api_key})).status_code == 401
    assert await world.pool.fetchval("SELECT count(*) FROM connector_heartbeat") == 0


async def test_a_renewed_certificate_leaves_the_old_one_until_its_end(world: World) -> None:
    old = await world.onboard()
    renewed = Connector.new("dist_a")
    renewed.api_key, renewed.signing_secret = old.api_key, old.signing_secret
    world.clock.advance(seconds=30 * 86_400)
    answer = await world.call(old, "POST", CERTIFICATE, {"csr_pem": renewed.csr_pem()})
    assert answer.status_code == 201, answer.text
    renewed.take({"certificate_pem": answer.json()["certificate_pem"]})
    assert datetime.fromisoformat(answer.json()["expires_at"]) == world.clock.now() + timedelta(days=90)
    again = await world.call(old, "POST", CERTIFICATE, {"csr_pem": renewed.csr_pem()})
    assert again.json() == answer.json()
    for connector in (renewed, old):
        assert await status_of_heartbeat(world, connector) == 200
    [entry, _] = await world.audited("connector_certificate_rotated")
    assert (entry["actor"], entry["outcome"]) == ("dist_a", "success")


async def test_a_request_that_is_no_certificate_request_is_refused_without_an_echo(world: World) -> None:
    connector = await world.onboard()
    bodies: list[Any] = [{"csr_pem": "nonsense-9000000000"}, {"csr_pem": 1}, {}, {"csr_pem": "x", "more": 1}, []]
    for body in bodies:
        answer = await world.call(connector, "POST", CERTIFICATE, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), body
        assert "9000000000" not in answer.text


async def test_a_heartbeat_is_stored_and_tells_clock_ends_and_quarantine(world: World) -> None:
    connector, now = await world.onboard(), world.clock.now()
    await world.send(connector, batch_of(invoices=[invoice(amount_inr=0), invoice("INV-2")]))
    answer = await world.call(connector, "POST", HEARTBEAT, BEAT)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {name: datetime.fromisoformat(body[name]) - now for name in body if name.endswith(("_at", "_time"))} == {
        "server_time": timedelta(0),
        "api_key_expires_at": timedelta(days=37),
        "certificate_expires_at": timedelta(days=90),
    }
    assert body["quarantined"] == 1
    await world.call(connector, "POST", HEARTBEAT, BEAT | {"last_success_at": None, "last_exit_status": None})
    [row] = await world.pool.fetch("SELECT * FROM connector_heartbeat")
    assert (row["distributor_id"], row["received_at"], row["findings"]) == ("dist_a", now, 4)
    assert (row["last_success_at"], row["last_exit_status"]) == (None, None)


@pytest.mark.parametrize(
    "fault",
    [
        {"connector_version": "9000000000"},
        {"connector_version": "1.0.0\n"},
        {"erp_type": "oracle"},
        {"source_ok": 1},
        {"queued_batches": -1},
        {"queued_batches": 2**40},
        {"last_exit_status": 7},
        {"last_success_at": "2026-05-19 10:00"},
        {"findings": None},
        {"shop": "x"},
    ],
    ids=str,
)
async def test_a_heartbeat_of_another_form_is_a_400(world: World, fault: dict[str, Any]) -> None:
    connector = await world.onboard()
    answer = await world.call(connector, "POST", HEARTBEAT, BEAT | fault)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert await world.pool.fetchval("SELECT count(*) FROM connector_heartbeat") == 0


async def test_quarantined_records_are_listed_by_key_and_rule_to_their_own_distributor_alone(world: World) -> None:
    connector, other = await world.onboard(), await world.onboard("dist_b")
    sent = await world.send(
        connector,
        batch_of(
            invoices=[invoice(), invoice("INV-7", amount_inr=0)],
            payments=[payment("PAY-3", line_no=2, paid_date="2999-01-01")],
            retailers=[retailer("Asha Rao 9000000000", active="yes")],
        ),
    )
    answer = await world.call(connector, "GET", QUARANTINE)
    assert answer.status_code == 200, answer.text
    batch_id = sent.json()["batch_id"]
    records = answer.json()["records"]
    assert [(record["batch_id"], record["table"], record["record_key"]) for record in records] == [
        (batch_id, "invoices", "INV-7"),
        (batch_id, "payments", "PAY-3#2"),
        (batch_id, "retailers", "retailers[0]"),
    ]
    assert records[0]["reason"] == f"amount_inr {records[0]['rule']}"
    assert answer.json()["next"] is None
    assert "Asha" not in answer.text
    assert "9000000000" not in answer.text
    assert (await world.call(other, "GET", QUARANTINE)).json() == {"records": [], "next": None}
    world.clock.advance(seconds=31 * 86_400)
    assert (await world.call(connector, "GET", QUARANTINE)).json()["records"] == []


async def test_no_personal_data_comes_out_as_the_key_of_a_quarantined_record(world: World) -> None:
    connector = await world.onboard()
    faulty = [
        invoice("9000000000", amount_inr=0),
        invoice("27AAACZ0000A1Z9", amount_inr=0),
        invoice("Bill of Asha, +91 90000-00000", amount_inr=0),
        invoice({"phone": "9000000000"}, amount_inr=0),  # type: ignore[arg-type]  # what an ERP may send
        invoice("x" * 5_000, amount_inr=0),
    ]
    await world.send(connector, batch_of(invoices=faulty))
    records = (await world.call(connector, "GET", QUARANTINE)).json()["records"]
    assert [record["record_key"] for record in records] == [f"invoices[{place}]" for place in range(5)]


async def test_the_quarantine_is_read_in_pages_that_lose_and_repeat_nothing(world: World) -> None:
    connector = await world.onboard()
    for number in range(2):
        records = [invoice(f"INV-{number}-{index:03}", amount_inr=0) for index in range(400)]
        await world.send(connector, batch_of(invoices=records))
        world.clock.advance(seconds=1)
    pages: list[list[str]] = []
    after = None
    while not pages or after:
        body, headers = connector.signed("GET", QUARANTINE, now=world.clock.now())
        async with world.client(connector) as client:
            params: dict[str, str] = {"after": after} if after else {}
            answer = (await client.request("GET", QUARANTINE, content=body, headers=headers, params=params)).json()
        pages.append([record["record_key"] for record in answer["records"]])
        after = answer["next"]
    assert [len(page) for page in pages] == [500, 300]
    assert [key for page in pages for key in page] == [
        f"INV-{number}-{index:03}" for number in range(2) for index in range(400)
    ]


async def test_a_cursor_that_is_not_ours_is_a_400(world: World) -> None:
    connector, other = await world.onboard(), await world.onboard("dist_b")
    sent = await world.send(other, batch_of("dist_b", invoices=[invoice(amount_inr=0)]))
    for after in ("x", "", f"{sent.json()['batch_id']}.invoices.0", "bat_" + "0" * 32 + ".invoices.0"):
        body, headers = connector.signed("GET", QUARANTINE, now=world.clock.now())
        async with world.client(connector) as client:
            answer = await client.request("GET", QUARANTINE, content=body, headers=headers, params={"after": after})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after"), after


async def test_only_a_distributors_certificate_reaches_these_endpoints(world: World) -> None:
    for caller in ("admin", "score", None):
        async with api_client(world.app, caller) as client:
            answer = await client.post(HEARTBEAT, json=BEAT)
        assert answer.status_code == 401, caller
