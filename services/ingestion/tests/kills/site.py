"""A distributor's site: what its ledger says, the batches it sends, and what it was told of them."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from ..connector import Connector, batch_of, invoice, payment, retailer, returned

RETAILERS = 5
UNUSABLE_RATIO, UNCHANGED_RATIO = 0.3, 0.5
TABLES = ("invoices", "payments", "returns")
Document = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Batch:
    """One batch: the very bytes and headers that every try sends."""

    client_batch_id: str
    body: bytes
    statements: dict[Document, Decimal]
    submitted: int


@dataclass
class Site:
    """One distributor, with the model of its ledger: the newest statement of each document."""

    connector: Connector
    random: random.Random
    sequence: int = 0
    documents: int = 0
    stated: dict[Document, Decimal] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    acknowledged: list[Batch] = field(default_factory=list)

    def next_batch(self) -> Batch:
        """New documents, corrections of known ones, known ones unchanged, and at times an unusable record."""
        return self._batch(self._new() | self._again(), is_whole=True)

    def correction_of(self, batch: Batch) -> Batch:
        """A newer batch that states every document of another one anew; it may overtake that one."""
        return self._batch({document: self._amount() for document in batch.statements}, is_whole=False)

    def _batch(self, statements: dict[Document, Decimal], *, is_whole: bool) -> Batch:
        self.sequence += 1
        lists: dict[str, Any] = {table: [] for table in TABLES}
        for document, amount in statements.items():
            lists[document[0]].append(_record(document, amount))
        if is_whole and self.random.random() < UNUSABLE_RATIO:
            lists["invoices"].append(invoice("BAD", amount_inr=0))
        if is_whole:
            lists["retailers"] = [retailer(f"ledger-{place}", shop_name=f"Shop {place}") for place in range(RETAILERS)]
        payload = batch_of(self.connector.distributor_id, **lists) | {"sequence": self.sequence}
        self.stated |= statements
        return Batch(
            client_batch_id=str(uuid4()),
            body=json.dumps(payload).encode(),
            statements=statements,
            submitted=sum(len(records) for records in lists.values()),
        )

    def request(self, batch: Batch, *, client_batch_id: str | None = None) -> dict[str, Any]:
        """Arguments of a POST: the same signed bytes at every try."""
        body, headers = self.connector.request(
            batch.body, now=datetime.now(UTC), batch_id=client_batch_id or batch.client_batch_id
        )
        return {"content": body, "headers": headers}

    def take(self, batch: Batch, result: dict[str, Any]) -> None:
        """Notes an acknowledgement; a second one must say the same."""
        result = {name: value for name, value in result.items() if name != "status"}
        assert result["submitted"] == batch.submitted
        if batch.client_batch_id not in self.told:
            self.acknowledged.append(batch)
        assert self.told.setdefault(batch.client_batch_id, result) == result

    def _amount(self) -> Decimal:
        return Decimal(self.random.randint(1, 10_000_000)).scaleb(-2)

    def _new(self) -> dict[Document, Decimal]:
        documents: dict[Document, Decimal] = {}
        for _ in range(self.random.randint(1, 4)):
            self.documents += 1
            number = f"{self.documents:05d}"
            table = self.random.choice(TABLES)
            key: tuple[Any, ...] = (f"{table[0].upper()}/{number}",)
            documents[table, (*key, 1) if table == "payments" else key] = self._amount()
        return documents

    def _again(self) -> dict[Document, Decimal]:
        known = self.random.sample(sorted(self.stated), min(len(self.stated), self.random.randint(0, 4)))
        return {
            document: self.stated[document] if self.random.random() < UNCHANGED_RATIO else self._amount()
            for document in known
        }


def _record(document: Document, amount: Decimal) -> dict[str, Any]:
    table, key = document
    common: dict[str, Any] = {"retailer_ref": f"ledger-{sum(key[0].encode()) % RETAILERS}"}
    match table:
        case "invoices":
            return invoice(key[0], amount_inr=float(amount), **common)
        case "payments":
            return payment(key[0], line_no=key[1], amount_paid_inr=float(amount), **common)
        case _:
            return returned(key[0], amount_inr=float(amount), **common)
