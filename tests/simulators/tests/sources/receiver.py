"""Who receives batches, as Bronze does: newest by source order, then sequence."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

from altscore_connector.client import Receipt
from altscore_connector.records import AMOUNT_FIELD, DATE_FIELD, ID_FIELD, Table

from .model import Row


class Crash(BaseException):
    """The process died."""


class Receiver:
    """Keeps what it gets.

    Attributes:
        crash_after: batches after which the process of the sender dies, before it learns of the answer.
    """

    def __init__(self) -> None:
        self._newest: dict[tuple[Table, str], tuple[tuple[int, int], dict[str, Any]]] = {}
        self.sent: list[dict[str, Any]] = []
        self.crash_after: int | None = None

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:
        """Takes all records."""
        payload = json.loads(body, parse_float=Decimal)
        records = [(table, record) for table in ID_FIELD for record in payload[table]]
        for table, record in records:
            key = f"{record[ID_FIELD[table]]}#{record.get('line_no', 1)}"
            rank = (record.get("source_order", 0), payload["sequence"])
            if (table, key) not in self._newest or rank >= self._newest[table, key][0]:
                self._newest[table, key] = (rank, record)
        self.sent += [record for _, record in records]
        if self.crash_after is not None:
            self.crash_after -= 1
            if self.crash_after < 0:
                self.crash_after = None
                raise Crash
        count = len(records)
        return Receipt(batch_id=batch_id, submitted=count, accepted=count, quarantined=0, duplicate=0, was_known=False)

    def _live(self) -> list[tuple[Table, dict[str, Any]]]:
        return [(table, row) for (table, _), (_, row) in self._newest.items() if not row.get("is_cancelled")]

    def keys(self) -> frozenset[str]:
        """Table and identity of the live documents."""
        return frozenset(f"{table}:{row[ID_FIELD[table]]}" for table, row in self._live() if table != "retailers")

    def rows(self) -> Counter[Row]:
        """The live documents as the model tells them."""
        names = {row["retailer_ref"]: row["shop_name"] for table, row in self._live() if table == "retailers"}
        sums: dict[tuple[str, str], tuple[str, str, str, Decimal]] = {}
        for table, row in self._live():
            if table == "retailers":
                continue
            identity = (table, str(row[ID_FIELD[table]]))
            kind = "bounced" if row.get("is_bounced") else table
            before = sums.get(identity, (kind, "", "", Decimal(0)))
            amount = before[3] + row[AMOUNT_FIELD[table]]
            sums[identity] = (kind, names[row["retailer_ref"]], row[DATE_FIELD[table]], amount)
        return Counter(sums.values())
