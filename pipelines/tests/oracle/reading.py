"""A ledger from batches that were written by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledgers import Batch

from oracle.records import Distributor, Document, Invoice, Ledger, Master, Payment, Return


def ledger_of(batches: Sequence[Batch], owners: Mapping[str, str]) -> Ledger:
    """Statements in the order of their batches.

    Args:
        batches: by hand.
        owners: retailer of each subject token; others do not consent.
    """
    ledger = Ledger({}, consented=set(owners.values()))
    for place, batch in enumerate(batches):
        ledger.distributors[batch.distributor] = Distributor(
            batch.distributor, batch.sync_to, has_order=batch.schema_version > 1, place=place
        )
        for table, rows in batch.rows.items():
            for row in rows:
                own = row["subject_token"]
                ledger.owners[own] = owners.get(own, own)
                if table == "retailers":
                    ledger.masters.append(Master(batch.distributor, own, row["district"], is_active=row["is_active"]))
                else:
                    ledger.documents.append(_document(table, row))
    return ledger


def _document(table: str, row: Mapping[str, Any]) -> Document:
    shared = {
        "distributor": row["distributor_id"],
        "ledger": row["subject_token"],
        "paise": int(row["amount_inr"] * 100),
        "is_cancelled": row.get("is_cancelled", False),
        "order": row.get("source_order", 0),
        "sequence": row.get("sequence", 0),
    }
    if table == "invoices":
        source = "default" if row["due_on_is_default"] else "stated"
        return Invoice(
            **shared,
            key=row["invoice_id"],
            on=row["invoice_on"],
            due_on=row["due_on"],
            due_source=source if row["due_on"] else "assumed",
            bill_ref=row.get("bill_ref"),
            sku_category=row.get("sku_category"),
            line_count=row.get("line_count"),
        )
    if table == "payments":
        return Payment(
            **shared,
            key=row["payment_id"],
            on=row["paid_on"],
            line=row["line_no"],
            invoice_id=row.get("invoice_id"),
            bill_ref=row.get("bill_ref"),
            method=row.get("payment_method"),
            is_bounced=row["is_bounced"],
            bounced_on=row.get("bounced_on"),
        )
    return Return(**shared, key=row["return_id"], on=row["returned_on"], invoice_id=row.get("invoice_id"))
