"""What live Bronze holds of a distributor's ledger, chosen as the lake's stage models choose it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from demo.store import BRONZE, Store

KEYS = {"invoices": ("invoice_id",), "payments": ("payment_id", "line_no"), "returns": ("return_id",)}
_ORDER = ("source_order", "sequence", "content_version", "ingested_at", "batch_id")


def live_rows(store: Store, distributor_id: str, table: str) -> list[dict[str, Any]]:
    """The newest row of every document that is not cancelled, of a payment none that bounced."""
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key in store.parquet_keys(BRONZE, f"bronze/dist={distributor_id}/"):
        if key.endswith(f"/{table}.parquet"):
            for row in store.table(BRONZE, key).to_pylist():
                document = tuple(row[name] for name in KEYS[table])
                if document not in newest or _newness(row) > _newness(newest[document]):
                    newest[document] = row
    return [row for row in newest.values() if not row["is_cancelled"] and not row.get("is_bounced")]


def live_sums(store: Store, distributor_id: str, *, company: str, without: str) -> dict[str, Decimal]:
    """Rupees of each table, of the documents whose ids begin with `company` and not with `without`."""
    sums = dict.fromkeys(KEYS, Decimal(0))
    for table, names in KEYS.items():
        for row in live_rows(store, distributor_id, table):
            document: str = row[names[0]]
            if document.startswith(company) and not document.startswith(without):
                sums[table] += row["amount_inr"]
    return sums


def _newness(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (not row["is_outdated"], *(row[name] for name in _ORDER))
