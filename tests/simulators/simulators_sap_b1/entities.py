"""The documents as the Service Layer shows them; every name is one of `schema/fields.json`."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from simulators_sap_b1.ledger import OBJECT_TYPES, Company, Document, Partner, Payment, Posting

Version = Literal["v1", "v2"]
Entity = dict[str, Any]

_SCHEMA = json.loads((Path(__file__).parent / "schema" / "fields.json").read_text(encoding="utf-8"))
TYPES: Mapping[str, Mapping[str, str]] = _SCHEMA["types"]
ENUMS: Mapping[str, list[str]] = _SCHEMA["enums"]
# Entity set -> type of its entities and name of their key.
SETS: Mapping[str, tuple[str, str]] = {
    "BusinessPartners": ("BusinessPartner", "CardCode"),
    "Invoices": ("Document", "DocEntry"),
    "CreditNotes": ("Document", "DocEntry"),
    "IncomingPayments": ("Payment", "DocEntry"),
    "JournalEntries": ("JournalEntry", "JdtNum"),
}
_CONTROL_ACCOUNT, _BANK_ACCOUNT = "_SYS00000000053", "_SYS00000000011"


def money(paise: int) -> float:
    """A double, as the Service Layer writes amounts."""
    return paise / 100


def entities(company: Company, name: str) -> list[Entity]:
    """All entities of a set; dates are plain days, `shown` turns them into a version's form."""
    makers: Mapping[str, Callable[[], list[Entity]]] = {
        "BusinessPartners": lambda: [_partner(company, item) for item in company.partners.values()],
        "Invoices": lambda: _documents(company, "invoice"),
        "CreditNotes": lambda: _documents(company, "credit_note"),
        "IncomingPayments": lambda: [_payment(company, item) for item in company.payments.values()],
        "JournalEntries": lambda: [_posting(item) for item in company.postings.values()],
    }
    return makers[name]()


def shown(entity: Entity, type_name: str, version: Version) -> Entity:
    """The entity in a version's form: v2 adds a midnight in UTC to every date."""
    fields = TYPES[type_name]
    result: Entity = {}
    for name, value in entity.items():
        kind = fields.get(name, "")
        if kind == "date" and version == "v2" and value is not None:
            result[name] = f"{value}T00:00:00Z"
        elif kind.startswith("collection ") and kind.split()[1] in TYPES:
            result[name] = [shown(item, kind.split()[1], version) for item in value]
        else:
            result[name] = value
    return result


def _partner(company: Company, partner: Partner) -> Entity:
    return {
        "CardCode": partner.code,
        "CardName": partner.name,
        "CardType": "cCustomer",
        "Cellular": None,
        "Phone1": None,
        "FederalTaxID": None,
        "FreeText": None,
        "PayTermsGrpCode": -1,
        "CreditLimit": 0.0,
        "Currency": company.currency,
        "Frozen": "tNO",
        "Valid": "tYES",
        **partner.fields,
        "UpdateDate": partner.updated_at.date().isoformat(),
        "UpdateTime": partner.updated_at.strftime("%H:%M:%S"),
        "BPAddresses": [
            {"RowNum": number, "BPCode": partner.code, "Country": "IN", **address}
            for number, address in enumerate(partner.addresses)
        ],
        "BPFiscalTaxIDCollection": [{"BPCode": partner.code, **tax_id} for tax_id in partner.tax_ids],
    }


def _documents(company: Company, kind: str) -> list[Entity]:
    settled = company.settled_paise()
    return [
        _document(company, item, settled_paise=settled.get((kind, item.entry), 0))
        for item in company.documents.values()
        if item.kind == kind
    ]


def _document(company: Company, document: Document, *, settled_paise: int) -> Entity:
    paid = document.paise if document.cancels is not None or document.is_cancelled else settled_paise
    is_foreign = document.currency != company.currency
    status = "csNo"
    if document.is_cancelled:
        status = "csYes"
    elif document.cancels is not None:
        status = "csCancellation"
    return {
        "DocEntry": document.entry,
        "DocNum": document.number,
        "DocDate": document.on,
        "DocDueDate": document.due_on,
        "CardCode": document.partner,
        "CardName": company.partners[document.partner].name,
        "NumAtCard": document.reference,
        "DocTotal": money(document.paise),
        "DocTotalFc": money(document.foreign_paise),
        "DocRate": document.paise / document.foreign_paise if is_foreign and document.foreign_paise else 0.0,
        "DocCurrency": document.currency,
        "FederalTaxID": None,
        "Comments": None,
        "CreationDate": document.created_on,
        "UpdateDate": document.updated_at.date().isoformat(),
        "UpdateTime": document.updated_at.strftime("%H:%M:%S"),
        "Cancelled": "tYES" if document.is_cancelled else "tNO",
        "CancelStatus": status,
        "DocumentStatus": "bost_Close" if paid >= document.paise else "bost_Open",
        "PaidToDate": 0.0 if status != "csNo" else money(paid),
        "DocumentLines": _lines(document),
    }


def _lines(document: Document) -> list[Entity]:
    """One line; that of a cancellation document names the document that it cancels."""
    base = document.cancels
    return [
        {
            "LineNum": 0,
            "LineTotal": money(document.paise),
            "BaseType": -1 if base is None else OBJECT_TYPES[document.kind],
            "BaseEntry": base,
            "BaseLine": None if base is None else 0,
        }
    ]


def _payment(company: Company, payment: Payment) -> Entity:
    return {
        "DocEntry": payment.entry,
        "DocNum": payment.number,
        "DocType": "rAccount" if payment.is_to_account else "rCustomer",
        "DocDate": payment.on,
        "DueDate": payment.on,
        "CardCode": payment.partner,
        "CardName": company.partners[payment.partner].name,
        "CashSum": money(payment.cash_paise),
        "TransferSum": money(payment.transfer_paise),
        "TransferReference": payment.transfer_reference,
        "DocCurrency": payment.currency,
        "Remarks": None,
        "Cancelled": "tYES" if payment.is_cancelled else "tNO",
        "CancelStatus": "csYes" if payment.is_cancelled else "csNo",
        "PaymentChecks": [
            {
                "LineNum": number,
                "DueDate": cheque["due_on"],
                "CheckNumber": cheque["number"],
                "CheckSum": money(int(cheque["paise"])),
                "Currency": payment.currency,
            }
            for number, cheque in enumerate(payment.cheques)
        ],
        "PaymentInvoices": [
            {
                "LineNum": number,
                "DocEntry": line.entry,
                "InvoiceType": "it_Invoice" if line.kind == "invoice" else "it_CredItnote",
                "SumApplied": money(line.paise),
                "AppliedFC": money(line.foreign_paise),
                "InstallmentId": 1,
            }
            for number, line in enumerate(payment.applied)
        ],
    }


def _posting(posting: Posting) -> Entity:
    partner_side = {"Debit": money(posting.paise), "Credit": 0.0}
    account_side = {"Debit": 0.0, "Credit": money(posting.paise)}
    if not posting.is_debit:
        partner_side, account_side = account_side, partner_side
    return {
        "JdtNum": posting.entry,
        "Number": posting.entry,
        "ReferenceDate": posting.on,
        "DueDate": posting.on,
        "TaxDate": date.fromisoformat(posting.on).isoformat(),
        "Memo": None,
        "Reference": posting.reference,
        "OriginalJournal": posting.source,
        "Original": posting.source_entry,
        "BaseReference": posting.reference if posting.source == "ttReceipt" else str(posting.entry),
        "JournalEntryLines": [
            {"Line_ID": 0, "AccountCode": _CONTROL_ACCOUNT, "ShortName": posting.partner, **partner_side},
            {"Line_ID": 1, "AccountCode": _BANK_ACCOUNT, "ShortName": _BANK_ACCOUNT, **account_side},
        ],
    }
