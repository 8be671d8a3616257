"""Marked GSTINs and phones go through everything; no store, reply, event or log line shows them, as digest neither."""

import base64
import hashlib
import io
import json
import logging
from typing import Any

import pyarrow.parquet as pq
import pytest
from altscore_libs.identifiers import parse_gstin

from .connector import batch_of, invoice, payment, retailer
from .leaks import DIGESTS, LeakSearch, content_of, dump
from .vault.client import call, retailer_of
from .world import BRONZE, QUARANTINE, World

MARKED = 500
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def gstin(number: int) -> str:
    stem = f"27AAACM{number:04d}A1Z"
    return next(stem + digit for digit in _DIGITS if parse_gstin(stem + digit))


PHONES = [f"91234{number:05d}" for number in range(MARKED)]
GSTINS = [gstin(number) for number in range(MARKED)]
SPELLED = ("{0}", "+91 {1} {2}", "091-{0}", "91{0}", "{1}-{2}")


def spelled(number: int) -> str:
    phone = PHONES[number]
    return SPELLED[number % len(SPELLED)].format(phone, phone[:5], phone[5:])


@pytest.fixture(scope="module")
def search() -> LeakSearch:
    """For all marked numbers."""
    return LeakSearch([*PHONES, *GSTINS])


PLANTED: dict[str, bytes] = {
    "ten digits": PHONES[7].encode(),
    "with the country": f"tel:+91{PHONES[7]};".encode(),
    "in two halves": f"{PHONES[7][:5]} {PHONES[7][5:]}".encode(),
    "a GSTIN in a line of JSON": json.dumps({"gst": GSTINS[499]}).encode(),
    "a GSTIN in lower case": GSTINS[0].lower().encode(),
    "as the text of a bytea": PHONES[7].encode().hex().encode(),
    "in wide characters": GSTINS[3].encode("utf-16-le"),
    "SHA-256, binary": b"\x00\x01" + hashlib.sha256(f"91{PHONES[499]}".encode()).digest() + b"\x00",
    "SHA-256, upper-case hex": hashlib.sha256(f"+91{PHONES[0]}".encode()).hexdigest().upper().encode(),
    "SHA-1, hex": DIGESTS[1](PHONES[1].encode()).hexdigest().encode(),
    "MD5 of a GSTIN, base64": base64.b64encode(DIGESTS[2](GSTINS[5].encode()).digest()),
}


@pytest.mark.parametrize("form", PLANTED)
def test_the_search_sees_a_planted_number(search: LeakSearch, form: str) -> None:
    assert search.hits(b"{ before " + PLANTED[form] + b" behind }")


def test_the_search_does_not_cry_over_other_numbers(search: LeakSearch) -> None:
    other = hashlib.sha256(b"919999999999").digest()
    assert search.hits(b"9999999999 27AAACZ0000A1Z9 " + other + other.hex().encode()) == []


def marked_batch() -> dict[str, Any]:
    """All marked numbers, some beside records that are quarantined, refused or faulty."""
    customers = [
        retailer(f"r-{number}", gst=GSTINS[number], phone=spelled(number), shop_name=f"Shop {number}")
        for number in range(MARKED)
    ]
    faulty = [
        retailer("r-x", gst=GSTINS[1][:-1] + "?", phone=PHONES[1] + "0", shop_name="Faulty"),
        retailer("-", gst=GSTINS[2], phone=PHONES[2]),
        invoice(PHONES[3] + "é" * 300, retailer_ref="r-3", retailer_gst=GSTINS[3]),
        invoice("INV-9", retailer_ref="r-4", retailer_gst=GSTINS[4], amount_inr=-1),
    ]
    invoices = [invoice(f"INV-{number}", retailer_ref=f"r-{number}") for number in range(MARKED - 10)]
    return batch_of(retailers=[*customers, *faulty[:2]], invoices=[*invoices, *faulty[2:]], payments=[payment()])


async def use_the_vault(world: World) -> list[bytes]:
    """Every use of the vault whose answer is not the number itself; the answers."""
    vault = world.vault
    with_phone = "SELECT DISTINCT retailer_id FROM subject WHERE phone_token IS NOT NULL ORDER BY 1"
    retailer_ids = [row["retailer_id"] for row in await vault.pool.fetch(with_phone)]
    answers = [
        await call(vault, "score", "/lookup", gst=GSTINS[9]),
        await call(vault, "score", "/lookup", gst=GSTINS[9] + " ?"),
        await call(vault, "webhook", "/phones/resolve", phone="+91" + PHONES[9]),
        await call(vault, "webhook", "/phones/resolve", phone=PHONES[9] * 4),
        await call(vault, "pipeline", "/identities/map", retailer_ids=retailer_ids),
        await call(vault, "admin", f"/admin/retailers/{retailer_ids[0]}/erase", request_id="rgt_" + "1" * 32),
    ]
    for path in ("/phones/reveal", f"/admin/retailers/{retailer_ids[1]}/export"):
        admin = {"request_id": "rgt_" + "1" * 32} if "export" in path else {"retailer_id": retailer_ids[1]}
        answer = await call(vault, "admin" if "export" in path else "notification", path, **admin)
        assert answer.status_code == 200
    return [answer.content for answer in answers]


async def test_five_hundred_marked_identities_are_nowhere_but_encrypted(
    world: World, search: LeakSearch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connector = await world.onboard("dist_leaks")
    batch = marked_batch() | {"distributor_id": "dist_leaks"}
    sent = await world.send(connector, batch)
    assert sent.status_code == 202, sent.text
    batch_id = sent.json()["batch_id"]
    again = await world.send(connector, batch | {"sequence": 2})
    refused = await world.send(connector, json.dumps(batch).replace("sync_from", "sync_form").encode())
    status = await world.status(connector, batch_id)
    assert await world.vault.pool.fetchval("SELECT count(*) FROM retailer") >= MARKED
    assert await retailer_of(world.vault, (await tokens(world))[0])

    replies = [sent.content, again.content, refused.content, status.content, *await use_the_vault(world)]
    bronze = world.bronze(batch_id, "dist_leaks")
    assert {"invoices.parquet", "retailers.parquet", "manifest.json"} <= bronze.keys()
    assert world.quarantine(batch_id), "nothing was quarantined: that store was not searched"
    stores = {
        **{f"ingestion.{table}": content for table, content in (await dump(world.pool)).items()},
        **{f"vault.{table}": content for table, content in (await dump(world.vault.pool)).items()},
        **{f"{BRONZE}/{name}": plain(name, body) for name, body in bronze.items()},
        **{f"{BRONZE}/{name} as stored": body for name, body in bronze.items()},
        **{f"{QUARANTINE}/{name}": body for name, body in world.quarantine(batch_id).items()},
        "replies": b"\n".join(replies),
        "logs": "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records).encode(),
    }
    assert {"ingestion.record", "ingestion.outbox", "vault.subject", "vault.outbox"} <= stores.keys(), stores.keys()
    assert {store: search.hits(content)[:3] for store, content in stores.items() if search.hits(content)} == {}


async def tokens(world: World) -> list[str]:
    return [bytes(row[0]).hex() for row in await world.vault.pool.fetch("SELECT subject_token FROM subject LIMIT 1")]


def plain(name: str, body: bytes) -> bytes:
    """Values of a Parquet file, which is compressed as it is stored."""
    if not name.endswith(".parquet"):
        return body
    return b"\n".join(content_of(tuple(row.values())) for row in pq.read_table(io.BytesIO(body)).to_pylist())
