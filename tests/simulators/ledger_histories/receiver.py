"""Who receives batches, by the rules of ingestion and Bronze."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from altscore_connector.accepted import Accepted
from altscore_connector.client import Receipt
from altscore_connector.coverage import covered_by
from altscore_connector.errors import DeliveryError
from altscore_connector.other_installation import refusal

IDENTITY = {"invoices": "invoice_id", "payments": "payment_id", "returns": "return_id"}
AMOUNT = {"invoices": "amount_inr", "payments": "amount_paid_inr", "returns": "amount_inr"}
DAY = {"invoices": "invoice_date", "payments": "paid_date", "returns": "return_date"}


class Receiver:
    """Answers a known id with its first result; keeps the newest of every key by source order, then sequence.

    Args:
        step: a point at which the sender may die, before a batch is taken and after it.

    Attributes:
        fault: `batch lost` or `answer lost`: what happens to the next batch.
        retailers: the newest record of every retailer by reference.
        covered_on: the last whole day that any batch claims, as the lake counts it.
        caller: the installation that asks and sends.
        installation: the one that sends, others are refused; empty before the first batch.
    """

    def __init__(self, step: Callable[[], None] = lambda: None) -> None:
        self._step = step
        self.fault = ""
        self._receipts: dict[str, tuple[bytes, Receipt]] = {}
        self._newest: dict[tuple[str, str, int], tuple[tuple[int, int], dict[str, Any]]] = {}
        self._sequence = 0
        self.retailers: dict[str, dict[str, Any]] = {}
        self.covered_on = date.min
        self.caller, self.installation = "first", ""

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:
        """Takes a batch.

        Raises:
            DeliveryError: the fault that was ordered.
        """
        fault, self.fault = self.fault, ""
        if fault == "batch lost":
            raise DeliveryError("not reachable")
        self._step()
        self._refuse_other()
        self.installation = self.caller
        if batch_id in self._receipts:
            known, receipt = self._receipts[batch_id]
            assert known == body, "one id, one content"
            receipt = Receipt(**{**vars(receipt), "was_known": True})
        else:
            receipt = self._take(json.loads(body, parse_float=Decimal), batch_id)
            self._receipts[batch_id] = (body, receipt)
        self._step()
        if fault == "answer lost":
            raise DeliveryError("no answer")
        return receipt

    def highest_sequence(self, _distributor_id: str) -> int | None:
        """The greatest number of a batch that was taken."""
        self._step()
        self._refuse_other()
        return self._sequence

    def take_over(self) -> None:
        """The caller sends from now on."""
        self.installation = self.caller

    def _refuse_other(self) -> None:
        if self.installation not in ("", self.caller):
            raise refusal(None, self.caller)

    def accepted_records(self) -> Iterator[Accepted]:
        """The newest statement of every record, cancelled ones included."""
        for (table, number, line), ((order, _), record) in self._newest.items():
            self._step()
            yield Accepted(
                table=table,  # type: ignore[arg-type]  # one of IDENTITY
                key=f"{number}#{line}" if table == "payments" else number,
                source_order=order,
                is_cancelled=bool(record.get("is_cancelled")),
                on=date.fromisoformat(record[DAY[table]]),
                amount_inr=Decimal(record[AMOUNT[table]]),
            )

    def _take(self, payload: dict[str, Any], batch_id: str) -> Receipt:
        sequence = payload["sequence"]
        assert sequence > self._sequence, "sequence numbers grow"
        self._sequence = sequence
        self.covered_on = max(self.covered_on, covered_by(datetime.fromisoformat(payload["sync_to"])))
        self.retailers |= {record["retailer_ref"]: record for record in payload["retailers"]}
        count = len(payload["retailers"])
        for table, identity in IDENTITY.items():
            count += len(payload[table])
            for record in payload[table]:
                key = (table, record[identity], record.get("line_no", 1))
                rank = (record["source_order"], sequence)
                is_withdrawal = bool(record.get("is_cancelled")) and key in self._newest
                assert "retailer_ref" in record or is_withdrawal, "a record names its retailer, or withdraws one"
                if key not in self._newest or rank >= self._newest[key][0]:
                    self._newest[key] = (rank, record)
        return Receipt(batch_id, submitted=count, accepted=count, quarantined=0, duplicate=0, was_known=False)

    def live(self, table: str) -> list[dict[str, Any]]:
        """The live records of a table."""
        if table == "retailers":
            return list(self.retailers.values())
        records = [record for (kind, *_), (_, record) in self._newest.items() if kind == table]
        return [record for record in records if not record.get("is_cancelled")]
