"""Whatever is quarantined, corrected and reprocessed in whatever order: live Bronze is the newest of what it holds.

The model keeps every statement with its order and knows nothing of versions, digests or states.
"""

from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from altscore_libs.testing import api_client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..connector import batch_of, invoice
from ..world import World, live_rows

LARGE = Decimal(2_000_000_000)
RAISED = Decimal(5_000_000_000)


class Statement(NamedTuple):
    """What the ledger says of one invoice; a large amount is refused until operations raise the bound."""

    document: str
    source_order: int | None
    amount: Decimal


class Sent(NamedTuple):
    """A batch."""

    sequence: int | None
    statements: list[Statement]


class History(NamedTuple):
    """Batches before the bound is raised, batches after, and when which of the first is reprocessed."""

    before: list[Sent]
    after: list[Sent]
    order: list[int]


STATEMENTS = st.builds(
    Statement,
    document=st.sampled_from(["I1", "I2"]),
    source_order=st.none() | st.integers(0, 2),
    amount=st.sampled_from([Decimal(1), Decimal(2), LARGE, LARGE + 1]),
)
BATCHES = st.builds(
    Sent, sequence=st.none() | st.integers(1, 3), statements=st.lists(STATEMENTS, min_size=1, max_size=3)
)
HISTORIES = st.builds(
    History,
    before=st.lists(BATCHES, min_size=1, max_size=3),
    after=st.lists(BATCHES, max_size=2),
    order=st.lists(st.integers(0, 2), max_size=5),
)


class Model:
    """The newest statement of every document among those that Bronze holds."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[tuple[Any, ...], Decimal]] = {}

    def take(self, batch: Sent, place: int, *, is_late: bool, only: set[int]) -> None:
        """Statements at these positions come to Bronze; they were stated when their batch arrived."""
        for position, statement in enumerate(batch.statements):
            if position in only:
                order = (statement.source_order or 0, batch.sequence or 0, place, is_late, position)
                known = self._newest.get(statement.document)
                if known is None or order > known[0]:
                    self._newest[statement.document] = (order, statement.amount)

    def amounts(self) -> dict[str, Decimal]:
        """Amount by document."""
        return {document: amount for document, (_, amount) in self._newest.items()}


class Ledger:
    """One distributor that sends a history, and operations that reprocess."""

    def __init__(self, world: World, distributor_id: str) -> None:
        self.world, self.distributor_id, self.model = world, distributor_id, Model()
        self.batch_ids: list[str] = []
        self.is_raised = False

    async def send(self, batch: Sent) -> None:
        """Sends a batch, at an instant of its own."""
        self.world.clock.advance(seconds=1)
        place = len(self.batch_ids)
        lists = [
            invoice(item.document, amount_inr=float(item.amount), source_order=item.source_order)
            for item in batch.statements
        ]
        envelope = {"sync_from": f"2026-05-01T00:00:0{place}Z"} | (
            {"sequence": batch.sequence} if batch.sequence else {}
        )
        connector = self.world.known[self.distributor_id]
        answer = await self.world.send(connector, batch_of(self.distributor_id, invoices=lists) | envelope)
        assert answer.status_code == 202, answer.text
        self.batch_ids.append(answer.json()["batch_id"])
        taken = {n for n, item in enumerate(batch.statements) if self.is_raised or item.amount < LARGE}
        assert answer.json()["quarantined"] == len(batch.statements) - len(taken)
        self.model.take(batch, place, is_late=False, only=taken)

    async def raise_amount(self) -> None:
        """Lets the large amounts pass from now on."""
        await self.world.services.distributors.set_max_amount(self.distributor_id, RAISED)
        self.is_raised = True

    async def reprocess(self, batch: Sent, place: int) -> int:
        """Reprocesses an early batch; how many records left its quarantine."""
        self.world.clock.advance(seconds=1)
        path = f"/internal/admin/distributors/{self.distributor_id}/quarantine/{self.batch_ids[place]}/reprocess"
        async with api_client(self.world.app, "admin") as client:
            answer = await client.post(path)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["remaining"] == []
        if told["batch_id"]:
            self.batch_ids.append(told["batch_id"])
            late = {n for n, item in enumerate(batch.statements) if item.amount >= LARGE}
            self.model.take(batch, place, is_late=True, only=late)
        return int(told["accepted"] + told["duplicate"])

    def live(self) -> dict[str, Decimal]:
        """Live amounts of Bronze."""
        objects = [self.world.bronze(batch_id, self.distributor_id) for batch_id in self.batch_ids]
        return {str(key[0]): row["amount_inr"] for key, row in live_rows(objects, "invoices").items()}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=HISTORIES)
async def test_live_bronze_is_the_newest_statement_whatever_is_reprocessed_when(world: World, history: History) -> None:
    distributor_id = f"dist_{uuid4().hex[:12]}"
    await world.onboard(distributor_id)
    await world.services.distributors.open_backfill(distributor_id, 24)
    ledger = Ledger(world, distributor_id)
    for batch in history.before:
        await ledger.send(batch)
    await ledger.raise_amount()
    waiting = {n: sum(item.amount >= LARGE for item in batch.statements) for n, batch in enumerate(history.before)}
    after = list(history.after)
    for place in [*history.order, *range(len(history.before))]:
        if place < len(history.before):
            assert await ledger.reprocess(history.before[place], place) == waiting[place]
            waiting[place] = 0
        if after:
            await ledger.send(after.pop())
        assert ledger.live() == ledger.model.amounts()
