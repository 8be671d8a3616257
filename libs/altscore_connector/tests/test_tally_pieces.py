"""A reply of Tally that is read in pieces gives what the whole reply gives, whatever it is."""

import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

import pytest
from altscore_connector.errors import TallyError
from altscore_connector.tally import replies
from altscore_connector.tally.mapping import Receipt, ReceiptLine
from altscore_connector.tally.receipts import ReceiptSpool
from altscore_connector.tally.replies import HeldReply
from altscore_connector.tally.reversals import Reversal, undo
from altscore_connector.tally.vouchers import MAX_RANGE, ranges_of
from altscore_connector.tally.wire import objects, objects_of, parse
from hypothesis import given, settings
from hypothesis import strategies as st

DATA = Path(__file__).parents[3] / "tests/simulators/simulators_tally/captures"
CAPTURES = {
    "ledgers_native_wr2_core_window.utf16le.xml": "LEDGER",
    "vouchers_native_wr2.xml": "VOUCHER",
    "unit_a_optional_voucher_live.xml": "VOUCHER",
    "empty_voucher_window_wr2.utf16le.xml": "VOUCHER",
    "company_extent_9000.xml": "COMPANY",
    "bills_receivable_unloaded_company_failure.xml": "VOUCHER",
}
# What people, old versions and broken lines put into a reply.
ODDITIES = (
    *("&#4;", "&#x1;", "\x03", "<UDF:BEAT>7</UDF:BEAT>", "<!DOCTYPE x>", "<LINEERROR>no</LINEERROR>", "</ENVELOPE>"),
    *(
        "<RESPONSE>no</RESPONSE>",
        "<COLLECTION><VOUCHER/></COLLECTION>",
        "a > b",
        "&amp;",
        "&",
        "<",
        "<VOUCHER>0</VOUCHER>",
    ),
)
EARLIEST = date(2026, 4, 1)


def text_of(name: str) -> str:
    data = (DATA / name).read_bytes()
    return data.decode("utf-16-le" if "utf16" in name else "utf-8").removeprefix("\ufeff")


def pieces(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def written(element: Element) -> bytes:
    """The element without what stands behind it."""
    element.tail = None
    return tostring(element)


def whole(text: str, tag: str) -> list[bytes] | None:
    """The objects of a reply; None where it does not hold."""
    try:
        return [written(element) for element in objects(parse(text), tag)]
    except TallyError:
        return None


def in_pieces(text: str, tag: str, size: int) -> list[bytes] | None:
    """The same, read in pieces."""
    try:
        return [written(element) for element in objects_of(pieces(text, size), tag)]
    except TallyError:
        return None


@pytest.mark.parametrize(("name", "tag"), CAPTURES.items())
@pytest.mark.parametrize("size", [1, 7, 4_096, 10_000_000])
def test_a_capture_gives_the_same_objects(name: str, tag: str, size: int) -> None:
    text = text_of(name)
    assert in_pieces(text, tag, size) == whole(text, tag)


@given(
    name=st.sampled_from(sorted(CAPTURES)),
    places=st.lists(st.tuples(st.floats(0, 1), st.sampled_from(ODDITIES)), max_size=3),
    end=st.one_of(st.just(1.0), st.floats(0, 1)),
    size=st.integers(1, 3_000),
)
@settings(max_examples=300, deadline=None)
def test_a_damaged_reply_gives_the_same_objects_or_is_refused_like_the_whole(
    name: str, places: list[tuple[float, str]], end: float, size: int
) -> None:
    text = text_of(name)
    for place, oddity in places:
        at = int(place * len(text))
        text = text[:at] + oddity + text[at:]
    text = text[: int(end * len(text))]
    assert in_pieces(text, CAPTURES[name], size) == whole(text, CAPTURES[name])


@given(st.sets(st.integers(0, 12_000), max_size=60), st.integers(1, 3))
@settings(deadline=None)
def test_ranges_hold_every_wanted_voucher_once_and_no_long_run_of_others(chosen: set[int], step: int) -> None:
    lines = [(f"g{number}", number * step, number in chosen) for number in range(12_000)]
    ranges = list(ranges_of(lines, EARLIEST))
    selected = [guid for part in ranges for guid in sorted(part.selected, key=lambda guid: int(guid[1:]))]
    assert selected == [f"g{number}" for number in sorted(chosen) if number < 12_000]
    for part in ranges:
        numbers = sorted(int(guid[1:]) for guid in part.selected)
        assert (part.after, part.up_to) == (numbers[0] * step - 1, numbers[-1] * step)
        assert numbers[-1] - numbers[0] < MAX_RANGE
        assert all(later - earlier <= 50 for earlier, later in pairwise(numbers))


PARTIES = ("a", "b", "c", "d")
LINES = st.lists(
    st.tuples(st.sampled_from(PARTIES), st.sampled_from([None, "x", "y"]), st.integers(1, 4)), min_size=0, max_size=3
)
RECEIPTS = st.lists(st.tuples(LINES, st.integers(1, 9), st.sampled_from(["", "77"])), max_size=8)
REVERSALS = st.lists(
    st.tuples(st.sampled_from(PARTIES), st.integers(1, 6), st.integers(1, 9), st.sampled_from(["", "77"])), max_size=5
)


@given(RECEIPTS, REVERSALS)
@settings(max_examples=400, deadline=None)
def test_what_is_taken_back_party_by_party_is_what_is_taken_back_at_once(
    receipts: list[tuple[list[tuple[str, str | None, int]], int, str]], reversals: list[tuple[str, int, int, str]]
) -> None:
    came = [
        Receipt(
            guid=f"r{number}",
            alter_id=number,
            on=EARLIEST.replace(day=day),
            method=None,
            instrument=instrument,
            lines=tuple(ReceiptLine(party, bill, Decimal(amount)) for party, bill, amount in lines),
        )
        for number, (lines, day, instrument) in enumerate(receipts)
    ]
    went = [
        Reversal(
            guid=f"v{number}",
            alter_id=100 + number,
            on=EARLIEST.replace(day=day),
            party=party,
            amount=Decimal(amount),
            instrument=instrument,
            bills=(("x", Decimal(1)),),
        )
        for number, (party, amount, day, instrument) in enumerate(reversals)
    ]
    spool = ReceiptSpool()
    for receipt in came:
        spool.append(receipt)
    expected, lost = undo(came, went)
    assert spool.undo(went) == {reversal.guid for reversal in lost}
    assert list(spool) == expected


@given(st.lists(st.binary(max_size=4_000), max_size=8))
def test_a_held_reply_gives_its_bytes_back_again_and_again(parts: list[bytes]) -> None:
    held = HeldReply(iter(parts))
    assert [b"".join(held) for _ in range(2)] == [b"".join(parts)] * 2


def test_what_lies_on_disk_of_a_reply_is_encrypted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "reply"
    monkeypatch.setattr(replies, "SpooledTemporaryFile", lambda max_size: path.open("w+b", buffering=0))
    name = "Shree Ganesh Kirana".encode("utf-16-le")
    held = HeldReply([name * 10_000])
    assert b"".join(held) == name * 10_000
    stored = path.read_bytes()
    assert len(stored) > 50
    for offset in range(len(stored)):
        # neither plain nor merely compressed
        with pytest.raises(zlib.error):
            zlib.decompress(stored[offset:])
    assert b"Ganesh" not in stored
