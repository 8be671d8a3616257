"""Statements of documents as the records that are sent."""

from collections.abc import Iterable, Iterator
from datetime import date

from altscore_connector.csvdrop.documents import SCOPE, TABLE_OF, DocumentId, Statement
from altscore_connector.csvdrop.newest import Entry, paid_document
from altscore_connector.records import Item, Record, Table, without_empty
from altscore_connector.state import Known


def document_items(document: DocumentId, statement: Statement, *, entry: Entry, known: Iterable[Known]) -> list[Item]:
    """The records of a document.

    Args:
        document: which one.
        statement: what its newest file says.
        entry: time and day of that file.
        known: its acknowledged records: a cheque that bounced keeps the day on which that became known.
    """
    if document.type == "receipt":
        records: Iterable[Record] = _receipt_records(document, statement, file_on=entry.file_on, known=known)
    elif document.type == "return":
        records = [_return_record(document, statement)]
    else:
        records = [_invoice_record(document, statement)]
    return [
        _item(TABLE_OF[document.type], f"{document.text}#{number}", record, document=document.text, order=entry.order)
        for number, record in enumerate(records, start=1)
    ]


def paid_items(document: DocumentId, entry: Entry) -> list[Item]:
    """The part payments that an invoice's own row carries."""
    paid = paid_document(document)
    return [
        _item(
            "payments",
            f"{paid}#{number}",
            {
                "payment_id": f"paid:{document.wire_id}",
                "line_no": number,
                "retailer_ref": document.party,
                "invoice_id": document.wire_id,
                "paid_date": part.on.isoformat(),
                "amount_paid_inr": part.amount_inr,
            },
            document=paid,
            order=entry.order,
        )
        for number, part in enumerate(entry.parts, start=1)
    ]


def withdrawn(part: Known, order: int) -> Item:
    """An acknowledged record that no longer holds."""
    return Item(
        table=part.table,
        key=part.key,
        record={**part.record, "is_cancelled": True},
        document=part.document,
        source_order=max(order, part.source_order),
        scope=part.scope,
    )


def _item(table: Table, key: str, record: Record, *, document: str, order: int) -> Item:
    return Item(table=table, key=key, record=without_empty(record), document=document, source_order=order, scope=SCOPE)


def _invoice_record(document: DocumentId, statement: Statement) -> Record:
    return {
        "invoice_id": document.wire_id,
        "bill_ref": document.number,
        "retailer_ref": document.party,
        "invoice_date": statement.on.isoformat(),
        "due_date": statement.due_on.isoformat() if statement.due_on else None,
        "due_date_is_default": statement.is_due_default or None,
        "amount_inr": statement.amount_inr,
    }


def _return_record(document: DocumentId, statement: Statement) -> Record:
    return {
        "return_id": document.wire_id,
        "retailer_ref": document.party,
        "return_date": statement.on.isoformat(),
        "amount_inr": statement.amount_inr,
    }


def _receipt_records(
    document: DocumentId, statement: Statement, *, file_on: date, known: Iterable[Known]
) -> Iterator[Record]:
    before = {
        part.record.get("line_no"): part.record.get("bounced_on") for part in known if part.record.get("is_bounced")
    }
    for number, line in enumerate(statement.lines, start=1):
        bounced_on = None
        if line.is_bounced:
            day = line.bounced_on or max(file_on, statement.on)
            bounced_on = day.isoformat() if line.bounced_on else before.get(number) or day.isoformat()
        yield {
            "payment_id": document.wire_id,
            "line_no": number,
            "retailer_ref": document.party,
            "bill_ref": line.bill,
            "paid_date": statement.on.isoformat(),
            "amount_paid_inr": line.amount_inr,
            "payment_method": line.method,
            "is_bounced": line.is_bounced or None,
            "bounced_on": bounced_on,
        }
