"""Live Bronze is the newest statement of every document, to the paisa, for any interleaving of statements.

The model keeps one statement per document and knows nothing of versions, digests or duplicates.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from altscore_ingestion.batches.domain import (
    Candidate,
    ContentKey,
    RecordState,
    SubjectIdentity,
    Versioned,
    assign_versions,
    candidate,
)
from altscore_ingestion.batches.order import Arrival
from altscore_ingestion.batches.payload import Table
from altscore_ingestion.batches.records import Record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..connector import batch_of, invoice, payment, returned
from ..world import World, live_rows


class Statement(NamedTuple):
    """What the ledger says of one document at one time."""

    document: str
    source_order: int | None
    paise: int
    is_cancelled: bool


class Sent(NamedTuple):
    """One batch: its sequence, its statements, or an earlier batch that is sent again."""

    sequence: int | None
    statements: list[Statement]
    repeats: int | None


NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
TABLES = {"I": "invoices", "P": "payments", "R": "returns"}
AMOUNTS = st.sampled_from([100_000, 150_000]) | st.integers(1, 3)
STATEMENTS = st.builds(
    Statement,
    document=st.sampled_from(["I1", "I2", "P1#1", "P1#2", "R1"]),
    source_order=st.none() | st.integers(0, 4),
    paise=AMOUNTS,
    is_cancelled=st.sampled_from([False, False, True]),
)
BATCHES = st.lists(
    st.builds(
        Sent,
        sequence=st.none() | st.integers(1, 6),
        statements=st.lists(STATEMENTS, max_size=5),
        repeats=st.none() | st.integers(0, 5),
    ),
    min_size=1,
    max_size=6,
)


def _record(statement: Statement) -> dict[str, Any]:
    amount = float(Decimal(statement.paise) / 100)
    common: dict[str, Any] = {"source_order": statement.source_order, "is_cancelled": statement.is_cancelled}
    match statement.document[0]:
        case "I":
            return invoice(statement.document, amount_inr=amount, **common)
        case "P":
            number, line = statement.document.split("#")
            return payment(number, line_no=int(line), amount_paid_inr=amount, **common)
        case _:
            return returned(statement.document, amount_inr=amount, **common)


def _lists(statements: Sequence[Statement], known: Collection[str]) -> dict[str, Any]:
    """The records of a batch; a withdrawal of a known document does not say whose it was."""
    lists: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES.values()}
    for statement in statements:
        record = _record(statement)
        if statement.is_cancelled and statement.document in known:
            del record["retailer_ref"]
        lists[TABLES[statement.document[0]]].append(record)
    return lists


class Model:
    """The newest statement of every document."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[tuple[int, int, int], Statement]] = {}
        self._arrivals = 0

    def state(self, batch: Sent) -> None:
        for statement in batch.statements:
            self._arrivals += 1
            order = (statement.source_order or 0, batch.sequence or 0, self._arrivals)
            if statement.document not in self._newest or order > self._newest[statement.document][0]:
                self._newest[statement.document] = (order, statement)

    @property
    def accepted(self) -> dict[str, tuple[int, str, bool]]:
        """Source order, amount and whether it is cancelled, by document."""
        return {
            document: (order[0], f"{Decimal(statement.paise).scaleb(-2):.2f}", statement.is_cancelled)
            for document, (order, statement) in self._newest.items()
        }

    def documents(self) -> dict[str, tuple[Decimal, bool]]:
        """Amount and whether it is cancelled, by document."""
        return {
            document: (Decimal(statement.paise).scaleb(-2), statement.is_cancelled)
            for document, (_, statement) in self._newest.items()
        }


def _live(objects: Sequence[dict[str, bytes]]) -> dict[str, tuple[Decimal, bool]]:
    live = {}
    for table in TABLES.values():
        for key, row in live_rows(objects, table).items():
            live["#".join(map(str, key))] = (row["amount_inr"], row["is_cancelled"])
    return live


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=BATCHES)
async def test_live_bronze_is_the_ledger_whatever_is_stated_when(world: World, batches: list[Sent]) -> None:
    distributor_id = f"dist_{uuid4().hex[:12]}"
    connector = await world.onboard(distributor_id)
    await world.services.distributors.open_backfill(distributor_id, 24)
    model = Model()
    sent: list[dict[str, Any]] = []
    told: list[tuple[str, dict[str, Any]]] = []
    objects: list[dict[str, bytes]] = []
    for place, batch in enumerate(batches):
        if batch.repeats is not None and batch.repeats < len(sent):
            again = await world.send(connector, sent[batch.repeats], batch_id=told[batch.repeats][0])
            assert (again.status_code, again.json()["code"]) == (409, "BATCH_ALREADY_PROCESSED")
            assert again.json()["result"] == told[batch.repeats][1] | {"status": "complete"}
            continue
        envelope = {"sync_from": f"2026-05-01T00:00:0{place}Z"} | (
            {"sequence": batch.sequence} if batch.sequence else {}
        )
        sent.append(batch_of(distributor_id, **_lists(batch.statements, model.accepted)) | envelope)
        own_id = str(uuid4())
        answer = (await world.send(connector, sent[-1], batch_id=own_id)).json()
        told.append((own_id, answer))
        objects.append(world.bronze(answer["batch_id"], distributor_id))
        model.state(batch)
        assert answer["quarantined"] == 0
        assert answer["accepted"] + answer["duplicate"] == len(batch.statements)
        assert _live(objects) == model.documents()
    owners = {row["subject_token"] for table in TABLES.values() for row in live_rows(objects, table).values()}
    assert len(owners) == bool(model.accepted)
    answer = await world.call(connector, "GET", "/v1/connector/records")
    assert {item["key"]: _told(item) for item in answer.json()["records"]} == model.accepted
    numbers = [batch["sequence"] for batch in sent if "sequence" in batch]
    last = await world.call(connector, "GET", "/v1/connector/sequence")
    assert last.json() == {"distributor_id": distributor_id, "highest_sequence": max(numbers, default=0)}


def _told(record: dict[str, Any]) -> tuple[int, str, bool]:
    return record["source_order"], record["amount_inr"], record["is_cancelled"]


@settings(max_examples=400, deadline=None)
@given(batches=BATCHES)
def test_the_rule_alone_keeps_the_ledger_and_writes_no_content_in_vain(batches: list[Sent]) -> None:
    """The rule without database and store, on many more histories."""
    states: dict[tuple[Table, str], RecordState] = {}
    superseded: set[ContentKey] = set()
    written: dict[str, list[Versioned]] = {}
    model = Model()
    for batch in batches:
        candidates = [_candidate(statement) for statement in batch.statements]
        assigned = assign_versions(candidates, states, superseded=superseded, arrival=Arrival(batch.sequence, NOW))
        assert len(assigned.versioned) + len(assigned.duplicates) == len(candidates)
        states |= assigned.states
        superseded |= assigned.superseded
        for item in assigned.versioned:
            written.setdefault(item.key, []).append(item)
        model.state(batch)
    live = {}
    for key, versions in written.items():
        assert [item.content_version for item in versions] == list(range(1, len(versions) + 1))
        newest = max(versions, key=lambda item: (not item.is_outdated, item.order, item.content_version))
        assert newest.content_sha256 == states["invoices", key].content_sha256
        outdated = [item.content_sha256 for item in versions if item.is_outdated]
        assert len(set(outdated)) == len(outdated)
        live[key] = (newest.amount_inr, newest.record.values["is_cancelled"])
    assert live == model.documents()


def _candidate(statement: Statement) -> Candidate:
    amount = Decimal(statement.paise).scaleb(-2)
    record = Record(
        table="invoices",
        index=0,
        key=statement.document,
        retailer_ref="r",
        invoice_id=None,
        dated_on=date(2026, 5, 3),
        values={"amount_inr": amount, "is_cancelled": statement.is_cancelled},
        source_order=statement.source_order or 0,
    )
    return candidate(record, SubjectIdentity("token", b"", "absent"))
