"""The live truth: what a reader of this company must have in the end, apart from what is served."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from simulators_sap_b1.ledger import Company, Document, Payment


def rupees(paise: int) -> str:
    """Whole paise as rupees with two places."""
    return format(Decimal(paise).scaleb(-2), ".2f")


def truth(company: Company) -> dict[str, Any]:
    """Parties, documents, payments and monthly totals in the company's currency; undone ones carry how."""
    documents = [document for document in company.documents.values() if document.cancels is None]
    invoices = [_document(item) for item in documents if item.kind == "invoice"]
    returns = [_document(item) for item in documents if item.kind == "credit_note"]
    payments = [_payment(payment) for payment in company.payments.values() if not payment.is_to_account]
    return {
        "parties": [
            {
                "code": partner.code,
                "name": partner.name,
                "gstins": sorted({str(item["GSTIN"]) for item in partner.addresses if item.get("GSTIN")}),
            }
            for partner in company.partners.values()
        ],
        "invoices": invoices,
        "returns": returns,
        "payments": payments,
        "totals": _totals(invoices=invoices, returns=returns, payments=payments),
    }


def _document(document: Document) -> dict[str, Any]:
    return {
        "entry": document.entry,
        "number": document.number,
        "partner": document.partner,
        "on": document.on,
        "due_on": document.due_on,
        "amount_inr": rupees(document.paise),
        "is_cancelled": document.is_cancelled,
    }


def _payment(payment: Payment) -> dict[str, Any]:
    applied = sum(line.paise for line in payment.applied)
    return {
        "entry": payment.entry,
        "number": payment.number,
        "partner": payment.partner,
        "on": payment.on,
        "amount_inr": rupees(payment.paise),
        "settles": [
            {"kind": line.kind, "entry": line.entry, "amount_inr": rupees(line.paise)} for line in payment.applied
        ],
        "on_account_inr": rupees(payment.paise - applied),
        "is_cancelled": payment.is_cancelled,
        "bounced_on": payment.reversed_on,
    }


def _totals(**tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Count and sum of live documents per table and month."""
    sums: dict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for table, records in tables.items():
        for record in records:
            if record["is_cancelled"] or record.get("bounced_on"):
                continue
            key = (table, str(record["on"])[:7])
            count, amount = sums[key]
            sums[key] = (count + 1, amount + Decimal(record["amount_inr"]))
    return [
        {"table": table, "month": month, "count": count, "amount_inr": format(amount, ".2f")}
        for (table, month), (count, amount) in sorted(sums.items())
    ]
