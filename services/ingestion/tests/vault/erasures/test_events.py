"""A restore brings no erased identity back: the topic is read again from its beginning."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from altscore_ingestion.main import COMMANDS
from altscore_ingestion.vault.erasures.events import Reapplication, Report
from altscore_libs.clock import FixedClock
from altscore_libs.commands import run_commands
from altscore_libs.consumer import Received
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from altscore_libs.topic_replay import read_topic
from confluent_kafka import Consumer, Producer

from ...world import CATALOGUE, VaultSide
from ..client import GSTIN, PHONE, audited, call, put, retailer_of

WHOLE = {"retailer_ref": "r-1", "gst": GSTIN, "phone": PHONE, "shop_name": "Corner shop"}
TABLES = ("retailer", "subject")


async def erased(vault: VaultSide) -> tuple[dict[str, list[Any]], Received, dict[str, Any]]:
    """Rows of before an erasure, its event and its certificate."""
    [answer] = await put(vault, "dist_a", WHOLE)
    before = {table: await vault.pool.fetch(f"SELECT * FROM {table}") for table in TABLES}
    retailer_id = await retailer_of(vault, answer["subject_token"])
    request = "rgt_" + "1" * 32
    document = (await call(vault, "admin", f"/admin/retailers/{retailer_id}/erase", request_id=request)).json()
    data = CATALOGUE.decode(
        "retailer.erased", await vault.pool.fetchval("SELECT payload FROM outbox WHERE name = 'retailer.erased'")
    )
    envelope = {name: data.pop(name) for name in ("event_id", "occurred_at", "producer", "producer_seq", "trace_id")}
    return before, Received(name="retailer.erased", topic="", key="", data=data, **envelope), document


async def restore(vault: VaultSide, owner: Any, before: dict[str, list[Any]]) -> None:
    """Brings the database back to before the erasure, as its owner."""
    await owner.execute("TRUNCATE erasure, tombstone")
    for table, rows in before.items():
        for row in rows:
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await owner.execute(f"INSERT INTO {table} VALUES ({places})", *row)


def reapplication(vault: VaultSide, clock: FixedClock, keys: Any = None) -> Reapplication:
    outbox = Outbox(CATALOGUE, "vault", clock, mac_key=OUTBOX_KEY)
    return Reapplication(vault.pool, outbox=outbox, public_keys=keys or vault.signer.public_keys())


async def test_a_restored_vault_erases_again_and_refuses_the_identity(
    vault: VaultSide, vault_owner: Any, clock: FixedClock
) -> None:
    before, event, document = await erased(vault)
    await restore(vault, vault_owner, before)
    assert len((await call(vault, "webhook", "/phones/resolve", phone=PHONE)).json()["retailers"]) == 1
    assert await reapplication(vault, clock).apply([event]) == Report(told=1, reapplied=1, refused=0)
    assert (await call(vault, "webhook", "/phones/resolve", phone=PHONE)).json() == {"retailers": []}
    assert await put(vault, "dist_a", WHOLE) == []
    [retailer_id] = event.data["retailer_ids"]
    again = await call(vault, "admin", f"/admin/retailers/{retailer_id}/erase", request_id="rgt_" + "2" * 32)
    assert again.json() == document
    [entry] = await audited(vault, "identity_erasure_reapplied")
    assert (entry["subject"], entry["reason"]) == (retailer_id, "restore")


async def test_what_is_erased_already_is_not_done_twice(vault: VaultSide, clock: FixedClock) -> None:
    _, event, _ = await erased(vault)
    assert await reapplication(vault, clock).apply([event, event]) == Report(told=2, reapplied=0, refused=0)
    assert await audited(vault, "identity_erasure_reapplied") == []


@pytest.mark.parametrize("forged", ["another retailer", "another list of tombstones", "another key"])
async def test_an_event_that_the_vault_did_not_sign_erases_nobody(
    vault: VaultSide, vault_owner: Any, clock: FixedClock, forged: str
) -> None:
    before, event, _ = await erased(vault)
    await restore(vault, vault_owner, before)
    keys = None
    if forged == "another retailer":
        content = json.loads(event.data["certificate"]) | {"retailer_ids": ["ret_" + "0" * 16]}
        event.data["certificate"] = json.dumps(content)
    elif forged == "another list of tombstones":
        event.data["tombstones"] = ["00" * 32]
    else:
        keys = SoftwareSigner("erasure-signing").public_keys()
    assert await reapplication(vault, clock, keys).apply([event]) == Report(told=1, reapplied=0, refused=1)
    assert await vault.pool.fetchval("SELECT count(*) FROM subject") == 1


async def test_the_certificate_is_verified_offline_by_the_command(
    vault: VaultSide, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, document = await erased(vault)
    (tmp_path / "erasure-signing.pem").write_bytes(vault.signer.public_pem())
    file = tmp_path / "certificate.json"
    arguments = ["vault-verify-erasure", str(file), "--keys", str(tmp_path)]
    file.write_text(json.dumps(document, indent=4))
    run_commands("altscore_ingestion", COMMANDS, arguments)
    assert capsys.readouterr().out == "authentic\n"
    for text in (json.dumps(document | {"certificate": {}}), "{}", "[]", "half"):
        file.write_text(text)
        with pytest.raises(SystemExit) as ended:
            run_commands("altscore_ingestion", COMMANDS, arguments)
        assert ended.value.code == 1
        assert capsys.readouterr().out == "not authentic\n"


@pytest.fixture
def producer() -> Producer:
    """A producer on a broker of librdkafka's own."""
    return Producer({"test.mock.num.brokers": 1, "log_level": 0})


def consumer_beside(producer: Producer) -> Consumer:
    [broker] = producer.list_topics(timeout=10).brokers.values()
    settings = {"bootstrap.servers": f"{broker.host}:{broker.port}", "group.id": "vault", "enable.auto.commit": False}
    return Consumer(settings)


def test_the_whole_topic_is_read_each_time_whatever_was_read_before(producer: Producer) -> None:
    topic = f"privacy-{uuid4()}"
    for number in range(7):
        producer.produce(topic, str(number).encode(), partition=number % 2)
    assert producer.flush(10) == 0
    for _ in range(2):
        client = consumer_beside(producer)
        messages = read_topic(client, topic, within_s=60)
        assert sorted(message.value for message in messages) == [b"%d" % n for n in range(7)]
        client.close()


def test_a_topic_that_cannot_be_read_and_a_silent_broker_are_errors(producer: Producer) -> None:
    client = consumer_beside(producer)
    with pytest.raises(Unavailable):  # no right to it, or no such topic: it must not look empty
        read_topic(client, "unknown", within_s=10)
    client.close()
    nowhere = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "vault", "log_level": 0})
    with pytest.raises(Unavailable):
        read_topic(nowhere, "unknown", within_s=0.2)
    nowhere.close()
