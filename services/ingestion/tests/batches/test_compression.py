"""A compressed batch is the plain one; what unpacks to too much costs little, what is damaged is said to be."""

import gzip
import json
import random
import tracemalloc
import zlib
from typing import Any
from uuid import uuid4

import pytest
from altscore_ingestion.batches.payload import FREE_PLAIN_BYTES, MAX_RATIO, plain_body
from altscore_libs.errors import InvalidRequest, PayloadTooLarge
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from ..connector import batch_of, invoice
from ..world import World

MIB = 1024 * 1024
PLAIN = json.dumps(batch_of(invoices=[invoice(f"INV-{number}") for number in range(20)])).encode()
GZIP = {"Content-Encoding": "gzip"}


async def test_a_compressed_batch_is_taken_and_signed_as_sent(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(connector, gzip.compress(PLAIN), headers=GZIP, with_v2=True)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 20)
    unsigned = await world.send(
        connector, gzip.compress(PLAIN, mtime=1), headers=GZIP | {"X-Payload-Signature": connector.sign(PLAIN)}
    )
    assert unsigned.status_code == 401


async def test_a_batch_packed_another_way_is_the_same_batch(world: World) -> None:
    connector, own_id = await world.onboard(), str(uuid4())
    first = await world.send(connector, gzip.compress(PLAIN, 9, mtime=0), batch_id=own_id, headers=GZIP)
    again = await world.send(connector, gzip.compress(PLAIN, 1, mtime=7), batch_id=own_id, headers=GZIP)
    plain = await world.send(connector, PLAIN, batch_id=own_id)
    assert [answer.status_code for answer in (first, again, plain)] == [202, 409, 409]
    assert {answer.json()["code"] for answer in (again, plain)} == {"BATCH_ALREADY_PROCESSED"}


async def test_nothing_is_unpacked_before_the_signature_holds(world: World) -> None:
    connector = await world.onboard()
    answer = await world.send(connector, b"no gzip at all", headers=GZIP | {"X-Payload-Signature": "0" * 64})
    assert answer.status_code == 401


PACKED = gzip.compress(PLAIN, mtime=0)
BROKEN: dict[str, tuple[bytes, int, str]] = {
    "cut": (PACKED[:-1], 400, "INVALID_REQUEST"),
    "cut early": (PACKED[:20], 400, "INVALID_REQUEST"),
    "empty": (b"", 400, "INVALID_REQUEST"),
    "followed by a byte": (PACKED + b"x", 400, "INVALID_REQUEST"),
    "two members": (PACKED + PACKED, 400, "INVALID_REQUEST"),
    "another checksum": (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], 400, "INVALID_REQUEST"),
    "another length": (PACKED[:-4] + b"\0\0\0\0", 400, "INVALID_REQUEST"),
    "plain": (PLAIN, 400, "INVALID_REQUEST"),
    "zlib": (zlib.compress(PLAIN), 400, "INVALID_REQUEST"),
    "no JSON inside": (gzip.compress(b"nonsense"), 400, "INVALID_REQUEST"),
    "packed twice": (gzip.compress(PACKED), 400, "INVALID_REQUEST"),
    "a bomb": (gzip.compress(bytes(40 * MIB)), 413, "PAYLOAD_TOO_LARGE"),
    "longer than a plain body may be": (
        gzip.compress(random.Random(1).randbytes(6 * MIB).hex().encode(), 1),
        413,
        "PAYLOAD_TOO_LARGE",
    ),
}


async def test_a_damaged_or_too_long_body_is_refused_clearly_and_audited(world: World) -> None:
    connector, before = await world.onboard(), refusals()
    for case, (body, status, code) in BROKEN.items():
        answer = await world.send(connector, body, headers=GZIP)
        assert (answer.status_code, answer.json()["code"]) == (status, code), case
    refused = await world.audited("batch_refused")
    assert [entry["reason"] for entry in refused] == [code for _, _, code in BROKEN.values()]
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 0
    assert refusals() - before == len(BROKEN)


def refusals() -> float:
    """Refused batches of this process that the alert counts."""
    samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name == "altscore_ingest_batches_refused_total")


async def test_repeats_are_no_refusals_that_anybody_must_look_at(world: World) -> None:
    connector, before = await world.onboard(), refusals()
    for _ in range(2):
        await world.send(connector, PLAIN)
    assert refusals() == before


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "gzip,identity", "zstd", ""])
async def test_an_encoding_that_nobody_unpacks_is_refused(world: World, encoding: str) -> None:
    connector = await world.onboard()
    answer = await world.send(connector, PACKED, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_only_batches_may_be_compressed(world: World) -> None:
    connector = await world.onboard()
    answer = await world.call(connector, "POST", "/v1/connector/rotate-key", {}, headers=GZIP)
    assert answer.status_code == 415


def bomb(plain_mib: int) -> bytes:
    """Packed zeros, a MiB packed once and repeated; its checksum is of one, and nobody comes as far as that."""
    packer = zlib.compressobj(9, wbits=31)
    begin = packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return begin + block * plain_mib + packer.flush()


@pytest.mark.parametrize("plain_mib", [20, 2_000])
def test_a_bomb_costs_little_memory_however_much_is_in_it(plain_mib: int) -> None:
    sent = bomb(plain_mib)
    assert len(sent) * 900 < plain_mib * MIB
    tracemalloc.start()
    try:
        with pytest.raises(PayloadTooLarge):
            plain_body(sent, max_bytes=50 * MIB)
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


def test_a_bomb_behind_honest_data_stops_at_the_limit_of_a_body() -> None:
    packer = zlib.compressobj(1, wbits=31)
    sent = packer.compress(random.Random(1).randbytes(MIB)) + packer.compress(bytes(400 * MIB)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(PayloadTooLarge):
            plain_body(sent, max_bytes=8 * MIB)
        assert tracemalloc.get_traced_memory()[1] < 12 * MIB
    finally:
        tracemalloc.stop()


def test_small_bodies_may_pack_well_and_long_ones_a_hundredfold() -> None:
    alike = b"x" * FREE_PLAIN_BYTES
    assert plain_body(gzip.compress(alike), max_bytes=8 * MIB) == alike
    with pytest.raises(PayloadTooLarge):
        plain_body(gzip.compress(alike + b"x"), max_bytes=8 * MIB)
    assert MAX_RATIO == 100


@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=300_000),
    level=st.integers(0, 9),
    cut=st.floats(0, 1, exclude_max=True),
    more=st.binary(min_size=1),
)
def test_what_was_packed_comes_out_and_nothing_less_or_more_does(
    data: bytes, level: int, cut: float, more: bytes
) -> None:
    sent = gzip.compress(data, level)
    assert plain_body(sent, max_bytes=len(data) or 1) == data
    for wrong in (sent[: int(len(sent) * cut)], sent + more):
        with pytest.raises(InvalidRequest):
            plain_body(wrong, max_bytes=MIB)
    if data:
        with pytest.raises(PayloadTooLarge):
            plain_body(sent, max_bytes=len(data) - 1)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=2_000), place=st.integers(0), bit=st.integers(0, 7))
def test_no_damage_ends_in_anything_but_the_data_or_a_refusal(data: bytes, place: int, bit: int) -> None:
    damaged = bytearray(gzip.compress(data, mtime=0))
    damaged[place % len(damaged)] ^= 1 << bit
    outcome: Any
    try:
        outcome = plain_body(bytes(damaged), max_bytes=MIB)
    except (InvalidRequest, PayloadTooLarge):
        return
    assert outcome == data
