"""Changes of the company, as the control endpoint and the file at start state them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from simulators_sap_b1.ledger import (
    Application,
    BadChangeError,
    Company,
    Document,
    Partner,
    Payment,
    Posting,
    paise_of,
)

Change = Mapping[str, Any]


def load_company(content: Mapping[str, Any]) -> Company:
    """The company of a file: its settings, then its `changes`.

    Raises:
        BadChangeError: a change that cannot be done.
        KeyError: a setting is missing.
    """
    company = Company(
        database=content["database"],
        user=content["user"],
        password=content["password"],
        currency=content.get("currency", "INR"),
        moves_invoices=bool(content.get("moves_invoices", False)),
        now=datetime.fromisoformat(content.get("now", "2026-08-01T09:00:00")),
    )
    for change in content.get("changes", []):
        apply_change(company, change)
    return company


def apply_change(company: Company, change: Change) -> int | str:
    """Does one change and returns the key of what it made or changed.

    Raises:
        BadChangeError: an unknown operation or kind, or something that is not there.
    """
    operation = (str(change.get("op")), str(change.get("kind")))
    do = _OPERATIONS.get(operation)
    if do is None:
        raise BadChangeError(f"unknown change {operation[0]} {operation[1]}")
    if at := change.get("at"):
        company.now = datetime.fromisoformat(at)
    try:
        return do(company, change)
    except (KeyError, ValueError, ArithmeticError) as error:
        raise BadChangeError(f"{operation[0]} {operation[1]}: {error!r}") from error


def _updated_at(company: Company, change: Change, before: datetime | None = None) -> datetime:
    """The next second, or the old time for a change that leaves no trace in UpdateDate."""
    if change.get("is_quiet") and before is not None:
        return before
    return company.tick()


def _add_partner(company: Company, change: Change) -> str:
    code = str(change["code"])
    company.partners[code] = Partner(
        code=code,
        name=str(change["name"]),
        fields=dict(change.get("fields", {})),
        addresses=[dict(address) for address in change.get("addresses", [])],
        tax_ids=[dict(tax_id) for tax_id in change.get("tax_ids", [])],
        updated_at=company.tick(),
    )
    return code


def _change_partner(company: Company, change: Change) -> str:
    partner = company.partners[str(change["code"])]
    partner.name = str(change.get("name", partner.name))
    partner.fields |= change.get("fields", {})
    if "addresses" in change:
        partner.addresses = [dict(address) for address in change["addresses"]]
    if "tax_ids" in change:
        partner.tax_ids = [dict(tax_id) for tax_id in change["tax_ids"]]
    partner.updated_at = _updated_at(company, change, partner.updated_at)
    return partner.code


def _add_document(company: Company, change: Change) -> int:
    kind = change["kind"]
    entry = int(change.get("entry") or company.next_entry(kind))
    if (kind, entry) in company.documents:
        raise BadChangeError(f"{kind} {entry} exists")
    on = date.fromisoformat(str(change["on"]))
    company.documents[kind, entry] = Document(
        kind=kind,
        entry=entry,
        number=int(change.get("number", 23_000 + entry)),
        partner=_known_partner(company, change),
        on=on.isoformat(),
        due_on=str(change.get("due_on", (on + timedelta(days=30)).isoformat())),
        paise=paise_of(change["amount"]),
        updated_at=company.tick(),
        created_on=company.now.date().isoformat(),
        currency=str(change.get("currency", company.currency)),
        foreign_paise=paise_of(change.get("foreign_amount", 0)),
        reference=change.get("reference"),
    )
    return entry


def _known_partner(company: Company, change: Change) -> str:
    code = str(change["partner"])
    if code not in company.partners:
        raise BadChangeError(f"no partner {code}")
    return code


def _change_document(company: Company, change: Change) -> int:
    document = company.document(change["kind"], change["entry"])
    if "amount" in change:
        document.paise = paise_of(change["amount"])
    if "foreign_amount" in change:
        document.foreign_paise = paise_of(change["foreign_amount"])
    document.on = str(change.get("on", document.on))
    document.due_on = str(change.get("due_on", document.due_on))
    document.reference = change.get("reference", document.reference)
    if "partner" in change:
        document.partner = _known_partner(company, change)
    document.updated_at = _updated_at(company, change, document.updated_at)
    return document.entry


def _cancel_document(company: Company, change: Change) -> int:
    """The document stays and is marked; a cancellation document of the same amount is added."""
    document = company.document(change["kind"], change["entry"])
    if document.is_cancelled or document.cancels is not None:
        raise BadChangeError(f"{document.kind} {document.entry} is cancelled or cancels")
    document.is_cancelled = True
    document.updated_at = _updated_at(company, change, document.updated_at)
    added = {"kind": document.kind, "partner": document.partner, "on": change.get("on", document.on), "amount": 0}
    entry = _add_document(company, added)
    cancellation = company.document(document.kind, entry)
    cancellation.paise, cancellation.foreign_paise = document.paise, document.foreign_paise
    cancellation.currency, cancellation.cancels = document.currency, document.entry
    return entry


def _add_payment(company: Company, change: Change) -> int:
    entry = int(change.get("entry") or company.next_entry("payment"))
    if entry in company.payments:
        raise BadChangeError(f"payment {entry} exists")
    payment = Payment(
        entry=entry,
        number=int(change.get("number", 6500 + entry)),
        partner=_known_partner(company, change),
        on=str(change["on"]),
        cash_paise=paise_of(change.get("cash", 0)),
        transfer_paise=paise_of(change.get("transfer", 0)),
        cheques=[
            {"number": int(cheque["number"]), "due_on": str(cheque["due_on"]), "paise": paise_of(cheque["amount"])}
            for cheque in change.get("cheques", [])
        ],
        applied=[_application(company, line) for line in change.get("applied", [])],
        currency=str(change.get("currency", company.currency)),
        transfer_reference=change.get("transfer_reference"),
        is_to_account=bool(change.get("is_to_account", False)),
    )
    company.payments[entry] = payment
    _touch_settled(company, payment)
    return entry


def _application(company: Company, line: Change) -> Application:
    document = company.document(line.get("kind", "invoice"), line["entry"])
    return Application(
        kind=document.kind,
        entry=document.entry,
        paise=paise_of(line["amount"]),
        foreign_paise=paise_of(line.get("foreign_amount", 0)),
    )


def _touch_settled(company: Company, payment: Payment) -> None:
    if company.moves_invoices:
        for line in payment.applied:
            company.document(line.kind, line.entry).updated_at = company.tick()


def _change_payment(company: Company, change: Change) -> int:
    payment = company.payment(change["entry"])
    payment.on = str(change.get("on", payment.on))
    if "applied" in change:
        payment.applied = [_application(company, line) for line in change["applied"]]
    for name, attribute in (("cash", "cash_paise"), ("transfer", "transfer_paise")):
        if name in change:
            setattr(payment, attribute, paise_of(change[name]))
    _touch_settled(company, payment)
    return payment.entry


def _cancel_payment(company: Company, change: Change) -> int:
    payment = company.payment(change["entry"])
    if payment.is_cancelled:
        raise BadChangeError(f"payment {payment.entry} is cancelled")
    payment.is_cancelled = True
    on = str(change.get("on", payment.on))
    _post(company, payment, on=on, source="ttReceipt", source_entry=payment.entry)
    _touch_settled(company, payment)
    return payment.entry


def _reverse_payment(company: Company, change: Change) -> int:
    """The payment stays as it was; only a posting says that its money came back (a returned cheque)."""
    payment = company.payment(change["entry"])
    if payment.is_cancelled or payment.reversed_on is not None:
        raise BadChangeError(f"payment {payment.entry} is undone")
    payment.reversed_on = str(change["on"])
    entry = company.next_entry("posting")
    _post(company, payment, on=payment.reversed_on, source="ttJournalEntry", source_entry=entry)
    return entry


def _post(company: Company, payment: Payment, *, on: str, source: str, source_entry: int) -> None:
    entry = company.next_entry("posting")
    company.postings[entry] = Posting(
        entry=entry,
        on=on,
        partner=payment.partner,
        paise=payment.paise,
        is_debit=True,
        source=source,
        source_entry=source_entry,
        reference=str(payment.number),
    )


def _add_posting(company: Company, change: Change) -> int:
    entry = company.next_entry("posting")
    company.postings[entry] = Posting(
        entry=entry,
        on=str(change["on"]),
        partner=_known_partner(company, change),
        paise=paise_of(change["amount"]),
        is_debit=bool(change.get("is_debit", True)),
        source="ttJournalEntry",
        source_entry=entry,
        reference=str(change.get("reference", "")),
    )
    return entry


_OPERATIONS: Mapping[tuple[str, str], Callable[[Company, Change], int | str]] = {
    ("add", "partner"): _add_partner,
    ("change", "partner"): _change_partner,
    ("add", "invoice"): _add_document,
    ("add", "credit_note"): _add_document,
    ("change", "invoice"): _change_document,
    ("change", "credit_note"): _change_document,
    ("cancel", "invoice"): _cancel_document,
    ("cancel", "credit_note"): _cancel_document,
    ("add", "payment"): _add_payment,
    ("change", "payment"): _change_payment,
    ("cancel", "payment"): _cancel_payment,
    ("reverse", "payment"): _reverse_payment,
    ("add", "posting"): _add_posting,
}
