"""One sync: send what is queued, read, plan, queue, send, remember, compare totals."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal

from altscore_connector.batching import Batch, cut, nothing_new
from altscore_connector.catching_up import Sender, Service, catch_up, findings_of, finish
from altscore_connector.client import Receipt
from altscore_connector.config import ConnectorConfig
from altscore_connector.coverage import COVERED_MARK, REACH_MARK, covered_by, day_in, instant_in, reach_of
from altscore_connector.errors import DeliveryError, OtherInstallationError
from altscore_connector.planning import Plan, plan
from altscore_connector.records import Finding, Reading
from altscore_connector.scope import refuse_outside
from altscore_connector.source import open_source
from altscore_connector.state import Finished, QueuedBatch, State
from altscore_connector.summary import Comparison, Summary

Progress = Callable[[str], None]
# What is wrong with the batch itself; every other refusal may be different the next time.
_REFUSED_FOR_GOOD = frozenset({400, 409, 413, 415, 422})


def sync_once(config: ConnectorConfig, client: Service, state: State, progress: Progress) -> Summary:
    """Reads the ERP and sends what is new.

    Raises:
        ConnectorError: reading or sending failed; what was acknowledged stays acknowledged, and what was queued is
            sent first the next time, with the same bytes and the same id.
    """
    summary = Summary(config.distributor_id, config.erp_type)
    source = open_source(config, state)
    sender = catch_up(client, state, source.place_of, distributor_id=config.distributor_id)
    summary.findings += findings_of(state)
    send_queued(sender, state, summary=summary, progress=progress)
    while True:
        reading = source.read()
        progress(f"read {len(reading.items)} records from {config.erp_type}")
        if not deliver(reading, sender, state, summary=summary, progress=progress):
            return summary
        before = len(reading.findings)
        source.finish(reading)
        summary.findings += reading.findings[before:]
        if not reading.has_more:
            finish(sender, state)
            return summary


def deliver(reading: Reading, client: Sender, state: State, *, summary: Summary, progress: Progress) -> bool:
    """Sends what a reading asks for; False when a batch was refused, so that the reading is not finished.

    Raises:
        ConnectorError: as `sync_once`.
    """
    _count_reading(summary, reading)
    todo = plan(reading, state)
    refuse_outside(todo.items)
    _count_plan(summary, todo)
    now = datetime.now(UTC)
    sequence = state.next_sequence(int(now.timestamp() * 1000))
    covered_on, reach = day_in(state.mark(COVERED_MARK)), _reach(reading, todo, state, now=now)
    told = None if reading.has_more else reach
    batches: Iterable[Batch] = cut(
        todo.items,
        distributor_id=summary.distributor_id,
        today=now.date(),
        sequence=sequence,
        erp_totals=reading.erp_totals,
        covered_on=covered_on,
        reaches=told,
    )
    marks = dict(reading.marks)
    if reach is not None and reading.read_at is None:
        marks[REACH_MARK] = reach.isoformat()
    if told is not None and (covered_on is None or covered_on < covered_by(told)):
        marks[COVERED_MARK] = covered_by(told).isoformat()
        if not todo.items:
            batches = [
                nothing_new(
                    distributor_id=summary.distributor_id,
                    reaches=told,
                    sequence=sequence,
                    erp_totals=reading.erp_totals,
                )
            ]
    rows = ((batch.sequence, batch.batch_id, batch.body, batch.items) for batch in batches)
    state.enqueue(rows, Finished(marks=marks, files=reading.files, seen=todo.seen))
    is_whole = send_queued(client, state, summary=summary, progress=progress)
    summary.comparisons = _compared(reading, state)
    return is_whole


def _reach(reading: Reading, todo: Plan, state: State, *, now: datetime) -> datetime | None:
    """How far the ledger is known once this reading is told; None where a part of it is missing, or nothing tells."""
    if reading.is_partial:
        return None
    if reading.read_at is not None:
        return reading.read_at
    reaches = [instant_in(state.mark(REACH_MARK)), reach_of(todo.items, now)]
    return max((reach for reach in reaches if reach is not None), default=None)


def _count_reading(summary: Summary, reading: Reading) -> None:
    for name, count in reading.notes.items():
        summary.notes[name] = summary.notes.get(name, 0) + count
    # A file that waits is named by every portion of a folder.
    summary.findings += [finding for finding in reading.findings if finding not in summary.findings]
    for item in reading.items:
        sums = summary.tables[item.table]
        sums.read += 1
        sums.read_inr += item.amount
    for total in reading.erp_totals:
        sums = summary.tables[total.table]
        sums.erp = (sums.erp or 0) + total.count
        sums.erp_inr = (sums.erp_inr or Decimal(0)) + total.amount_inr


def _count_plan(summary: Summary, todo: Plan) -> None:
    summary.withdrawn += todo.withdrawn
    for table, count in todo.unchanged.items():
        summary.tables[table].unchanged += count
    if todo.older:
        summary.notes["older_statements"] = summary.notes.get("older_statements", 0) + todo.older
        summary.findings.append(Finding(kind="note", rule="older_statement"))


def _compared(reading: Reading, state: State) -> list[Comparison]:
    if not reading.erp_totals:
        return []
    ours = state.live_totals()
    return [Comparison(total, *ours.get((total.table, total.month), (0, Decimal(0)))) for total in reading.erp_totals]


def send_queued(client: Sender, state: State, *, summary: Summary, progress: Progress) -> bool:
    """Sends the queued batches in order; False when one was refused for good.

    Raises:
        DeliveryError: not reachable, or the answer does not fit what was sent; nothing of that batch is acknowledged.
    """
    is_whole, number, count = True, 0, state.queue_length()
    while (batch := state.queued()) is not None:
        number += 1
        try:
            receipt = client.send_batch(batch.body, batch_id=batch.batch_id)
        except DeliveryError as error:
            if error.status not in _REFUSED_FOR_GOOD or isinstance(error, OtherInstallationError):
                raise
            summary.findings.append(Finding(kind="refused", rule="batch_refused", key=batch.batch_id))
            state.drop(batch)
            is_whole = False
            continue
        _check(receipt, batch)
        state.acknowledge(batch)
        summary.add(receipt, batch.items)
        known = ", known before" if receipt.was_known else ""
        progress(
            f"batch {number}/{count}: {receipt.accepted} accepted, {receipt.quarantined} quarantined, "
            f"{receipt.duplicate} duplicate{known}"
        )
    return is_whole


def _check(receipt: Receipt, batch: QueuedBatch) -> None:
    """An answer about another number of records is no answer to this batch."""
    if receipt.submitted != len(batch.items):
        raise DeliveryError(
            f"batch {batch.batch_id}: {len(batch.items)} records were sent, the answer speaks of {receipt.submitted}"
        )
