"""A memory that is older than what AltScore accepted: nothing is sent under old numbers, and nothing is missing."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.accepted import LARGEST_SEQUENCE, UNKNOWN_SCOPE, Place
from altscore_connector.batching import cut
from altscore_connector.client import ATTEMPTS, RECORDS_PATH, SEQUENCE_PATH, IngestionClient
from altscore_connector.csvdrop.documents import place_of as csv_place
from altscore_connector.errors import DeliveryError, OtherInstallationError
from altscore_connector.messages import text_of
from altscore_connector.records import Finding, Item, Record
from altscore_connector.sap_b1.mapping import place_of as sap_place
from altscore_connector.state import Finished, State
from altscore_connector.summary import DONE, Summary
from altscore_connector.sync import sync_once
from altscore_connector.tally.memory import place_of as tally_place

from .conftest import FakeIngestion
from .test_delivery import config

AHEAD = int(datetime(2031, 1, 1, tzinfo=UTC).timestamp() * 1000)
FILE = "Invoice No,Invoice Date,Party,Amount\r\nA-1,01-07-2026,Om Traders,500.00\r\n"
GONE = {
    "table": "invoices",
    "key": "A-2@26-27.0badcafe",
    "source_order": 7,
    "is_cancelled": False,
    "day": "2026-07-02",
    "amount_inr": "120.00",
}
NOTICED = [Finding(kind="note", rule="memory_behind")]


def told(number: object, distributor_id: object = "dist_x") -> tuple[int, dict[str, Any]]:
    """The service's answer about the last batch number."""
    return 200, {"distributor_id": distributor_id, "highest_sequence": number}


def page(*records: Any, after: Any = None) -> tuple[int, dict[str, Any]]:
    """A page of what was accepted."""
    return 200, {"records": list(records), "next": after}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drop folder with one file, complete for July."""
    (tmp_path / "invoices_complete_2026-07.csv").write_text(FILE)
    return tmp_path


def synced(folder: Path, client: IngestionClient, state: State) -> Summary:
    return sync_once(config(folder), client, state=state, progress=lambda _line: None)


def queued(state: State, sequence: int) -> bytes:
    """Writes one batch down, as a sync that then died; its bytes."""
    record: Record = {"invoice_id": "old", "retailer_ref": "r", "invoice_date": "2026-07-01", "amount_inr": Decimal(1)}
    items = [Item("invoices", "old", record)]
    [batch] = cut(items, distributor_id="dist_x", today=date(2026, 11, 28), sequence=sequence)
    state.enqueue([(batch.sequence, batch.batch_id, batch.body, batch.items)], Finished())
    return batch.body


def test_a_service_of_before_is_asked_once_and_nothing_else_changes(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    summary = synced(folder, client, State(":memory:"))
    assert (ingestion.asked, summary.exit_status) == ([SEQUENCE_PATH], DONE)
    assert len(ingestion.records("invoices")) == 1
    assert "memory_behind" not in str(summary.findings)


def test_a_lost_memory_begins_above_what_was_accepted_and_withdraws_what_is_gone(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    ingestion.told = {SEQUENCE_PATH: [told(AHEAD)], RECORDS_PATH: [page(GONE)]}
    state = State(":memory:")
    assert [finding for finding in synced(folder, client, state).findings if finding in NOTICED] == NOTICED
    assert all(payload["sequence"] > AHEAD for payload in ingestion.payloads)
    [withdrawn] = [record for record in ingestion.records("invoices") if record.get("is_cancelled")]
    assert withdrawn == {
        "invoice_id": "A-2@26-27.0badcafe",
        "invoice_date": "2026-07-02",
        "amount_inr": 120.0,
        "is_cancelled": True,
        "source_order": withdrawn["source_order"],
    }
    assert withdrawn["source_order"] >= 7
    assert len(ingestion.records("invoices")) == 2
    again = synced(folder, client, state)
    assert (again.submitted, [finding for finding in again.findings if finding in NOTICED]) == (0, [])


def test_what_is_queued_in_a_memory_of_before_is_not_sent(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    ingestion.told, state = {SEQUENCE_PATH: [told(AHEAD)], RECORDS_PATH: [page()]}, State(":memory:")
    queued(state, 5)
    synced(folder, client, state)
    assert [record["invoice_id"].partition("@")[0] for record in ingestion.records("invoices")] == ["A-1"]


def test_what_is_queued_in_the_newest_memory_is_sent_as_it_was_written_down(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    ingestion.told, state = {SEQUENCE_PATH: [told(AHEAD)]}, State(":memory:")
    body = queued(state, AHEAD)
    summary = synced(folder, client, state)
    assert ingestion.payloads[0] == json.loads(body)
    assert ingestion.asked == [SEQUENCE_PATH]
    assert "memory_behind" not in str(summary.findings)


def test_what_was_queued_before_another_installation_sent_is_never_sent_even_if_both_gave_the_same_number(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    refused = 409, {"code": "OTHER_INSTALLATION", "error": "another one sends"}
    ingestion.told, state = {SEQUENCE_PATH: [refused, told(AHEAD)], RECORDS_PATH: [page(GONE)]}, State(":memory:")
    queued(state, AHEAD)
    with pytest.raises(OtherInstallationError):
        synced(folder, client, state)
    synced(folder, client, state)  # it has taken over
    assert "old" not in {record["invoice_id"] for record in ingestion.records("invoices")}
    assert min(payload["sequence"] for payload in ingestion.payloads) > AHEAD


@pytest.mark.parametrize(
    "answer",
    [
        *(told(number) for number in (2**63, 2**53, LARGEST_SEQUENCE + 1, -1, 1.5, True, "7", None)),
        told(7, "dist_other"),
        told(7, None),
        (200, {}),
    ],
    ids=str,
)
def test_a_number_that_no_batch_can_have_stops_everything_and_spends_no_numbers(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient, answer: tuple[int, dict[str, Any]]
) -> None:
    ingestion.told, state = {SEQUENCE_PATH: [answer]}, State(":memory:")
    queued(state, 5)
    with pytest.raises(DeliveryError, match="nothing was sent"):
        synced(folder, client, state)
    assert (ingestion.payloads, state.highest_sequence(), state.queue_length()) == ([], 5, 1)


def test_the_largest_number_that_is_accepted_leaves_as_many_again(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    ingestion.told = {SEQUENCE_PATH: [told(LARGEST_SEQUENCE)], RECORDS_PATH: [page()]}
    synced(folder, client, State(":memory:"))
    assert [payload["sequence"] for payload in ingestion.payloads] == [LARGEST_SEQUENCE + 1]


def test_what_was_acknowledged_is_known_at_the_next_sync(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    ingestion.told, state = {SEQUENCE_PATH: [told(0)]}, State(":memory:")
    synced(folder, client, state)
    ingestion.told = {SEQUENCE_PATH: [told(ingestion.payloads[-1]["sequence"])]}
    again = synced(folder, client, state)
    assert (again.submitted, "memory_behind" in str(again.findings)) == (0, False)
    assert ingestion.asked == [SEQUENCE_PATH] * 2


def test_another_machine_is_noticed_although_its_numbers_lie_below_those_that_were_queued_here(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    ingestion.told, state = {SEQUENCE_PATH: [told(7)], RECORDS_PATH: [page(GONE)]}, State(":memory:")
    queued(state, AHEAD)
    assert [finding for finding in synced(folder, client, state).findings if finding in NOTICED] == NOTICED
    assert sorted(bool(record.get("is_cancelled")) for record in ingestion.records("invoices")) == [False, True]
    assert all(payload["sequence"] > AHEAD for payload in ingestion.payloads)
    again = synced(folder, client, state)
    assert (again.submitted, [finding for finding in again.findings if finding in NOTICED]) == (0, [])


def test_a_file_of_the_version_before_knows_what_it_queued_last() -> None:
    state = State(":memory:")
    queued(state, 5)
    assert (state.knows(4), state.knows(5), state.knows(6)) == (False, True, False)
    state._db.execute("DELETE FROM marks WHERE name = 'accepted'")
    assert (state.knows(4), state.knows(5), state.knows(6)) == (True, True, False)


def test_a_smaller_number_takes_nothing_back(folder: Path, ingestion: FakeIngestion, client: IngestionClient) -> None:
    ingestion.told, state = {SEQUENCE_PATH: [told(3)]}, State(":memory:")
    state.remember({"sequence": str(AHEAD), "accepted": str(AHEAD)})
    synced(folder, client, state)
    assert (ingestion.asked, ingestion.payloads[0]["sequence"]) == ([SEQUENCE_PATH], AHEAD + 1)


@pytest.mark.parametrize("silence", [(503, {}), (401, {"code": "UNAUTHORIZED"})], ids=["silent", "refused"])
def test_without_an_answer_nothing_is_sent_and_what_was_read_waits(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient, silence: tuple[int, dict[str, Any]]
) -> None:
    asks, state = ATTEMPTS if silence[0] == 503 else 1, State(":memory:")
    ingestion.told = {SEQUENCE_PATH: [*[silence] * asks, told(0)]}
    with pytest.raises(DeliveryError):
        synced(folder, client, state)
    assert (ingestion.payloads, state.queue_length()) == ([], 1)
    synced(folder, client, state)
    assert len(ingestion.records("invoices")) == 1


def test_without_an_answer_a_sync_that_has_nothing_to_send_fails_too(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    state = State(":memory:")
    synced(folder, client, state)
    ingestion.told = {SEQUENCE_PATH: [(401, {"code": "UNAUTHORIZED"})]}
    with pytest.raises(DeliveryError):
        synced(folder, client, state)


def test_a_list_that_breaks_off_leaves_the_memory_as_it_was(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient
) -> None:
    state = State(":memory:")
    queued(state, 5)
    pages = [page(GONE, after="invoices.A"), (403, {}), page(GONE, after="invoices.A"), page()]
    ingestion.told = {SEQUENCE_PATH: [told(AHEAD)], RECORDS_PATH: pages}
    with pytest.raises(DeliveryError):
        synced(folder, client, state)
    assert (ingestion.payloads, state.mark("sequence")) == ([], str(state.highest_sequence()))
    assert state.highest_sequence() < AHEAD
    assert not state.has_live("invoices", "csv")
    assert [finding for finding in synced(folder, client, state).findings if finding in NOTICED] == NOTICED
    assert [ask for ask in ingestion.asked if "after" in ask] == [f"{RECORDS_PATH}?after=invoices.A"] * 2


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}),
        page("x"),
        page({**GONE, "table": "retailers"}),
        page({**GONE, "source_order": "7"}),
        page({**GONE, "day": "yesterday"}),
        page({**GONE, "amount_inr": "much"}),
        page({name: value for name, value in GONE.items() if name != "is_cancelled"}),
        page(GONE, after=7),
        page(after="invoices.A"),
        page(GONE, after="invoices.A"),
    ],
    ids=str,
)
def test_a_list_that_cannot_be_read_or_does_not_end_is_not_taken_over(
    folder: Path, ingestion: FakeIngestion, client: IngestionClient, answer: tuple[int, dict[str, Any]]
) -> None:
    ingestion.told, state = {SEQUENCE_PATH: [told(AHEAD)], RECORDS_PATH: [answer]}, State(":memory:")
    with pytest.raises(DeliveryError, match="nothing was sent"):
        synced(folder, client, state)
    assert (ingestion.payloads, state.highest_sequence()) == ([], 0)


def test_what_is_told_of_a_known_record_keeps_its_party_while_the_money_is_the_same() -> None:
    state = State(":memory:")
    row = {"table": "invoices", "key": "I1", "scope": "s", "document": "I1", "source_order": 9, "is_live": 1}
    mine = {"day": "2026-07-01", "amount_inr": "5", "body": json.dumps({"retailer_ref": "r", "invoice_id": "I1"})}
    state.restore([{**row, **mine, "digest": "d"}], {})
    for amount, party in (("5.00", "r"), ("6.00", None)):
        accepted = {**mine, "amount_inr": amount, "body": json.dumps({"invoice_id": "I1"})}
        state.take_over([{**row, **accepted, "source_order": 4, "is_live": 0}], sequence=8, marks={})
        known = state.known("invoices", "I1")
        assert known is not None
        assert (known.record.get("retailer_ref"), known.digest) == (party, "")
        assert (known.source_order, known.is_live) == (9, False)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (csv_place("invoices", "A-1@26-27.0badcafe"), ("invoice|A-1@26-27.0badcafe#1", "csv")),
        (csv_place("returns", "C#1@26-27.0badcafe"), ("return|C#1@26-27.0badcafe#1", "csv")),
        (csv_place("payments", "R-1@26-27.0badcafe#2"), ("receipt|R-1@26-27.0badcafe#2", "csv")),
        (csv_place("payments", "paid:A-1@26-27.0badcafe#2"), ("paid|A-1@26-27.0badcafe#2", "csv")),
        (csv_place("invoices", "13-1001"), ("invoice|13-1001#1", UNKNOWN_SCOPE)),
        (sap_place("payments", "24-501#2", company_db="SBO"), ("24-501#2", "SBO")),
        (sap_place("invoices", "A-1@26-27.0badcafe", company_db="SBO"), ("A-1@26-27.0badcafe", UNKNOWN_SCOPE)),
        (tally_place("payments", "0b-1e-0000002a#1"), ("0b-1e-0000002a#1", "0b-1e")),
        (tally_place("invoices", "0b-1e-90000001#opening-ab"), ("0b-1e-90000001#opening-ab", "0b-1e/opening")),
    ],
    ids=str,
)
def test_a_record_of_the_wire_has_its_place_in_the_memory_of_its_source_alone(
    place: Place, expected: tuple[str, str]
) -> None:
    assert (place.key, place.scope) == expected
    assert place.key.startswith(place.document)


def test_the_finding_says_in_both_languages_what_happened_and_what_to_do() -> None:
    english, hindi = text_of(NOTICED[0])
    assert "taken over" in english
    assert "Let one computer alone sync" in english
    assert "फिर पढ़ा" in hindi
    assert "एक ही कंप्यूटर" in hindi
