"""Manual journal entries that give a customer's money back: a returned cheque that was not cancelled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from altscore_connector.records import Reading
from altscore_connector.sap_b1.errors import UnreadableDocumentError
from altscore_connector.sap_b1.mapping import Money, Scope, find
from altscore_connector.sap_b1.values import Row, amount_of, day_of, entry_of, rows_of, text_of

POSTING_FIELDS = ("JdtNum", "ReferenceDate", "Reference", "OriginalJournal", "JournalEntryLines")
# Entries that the company's own documents made are those documents' business.
MANUAL = "OriginalJournal eq 'ttJournalEntry'"
POSTING = 30


@dataclass(frozen=True)
class Posting:
    """The side of one customer in a manual journal entry; a debit is positive."""

    key: str
    on: date
    partner: str
    reference: str
    amount: Decimal


def postings_of(row: Row, scope: Scope) -> list[Posting]:
    """One posting per customer of an entry; lines of the same customer are added up.

    Raises:
        UnreadableDocumentError: a value cannot be read.
    """
    on, reference = day_of(row, "ReferenceDate"), text_of(row, "Reference")
    key = f"{POSTING}-{entry_of(row, 'JdtNum')}"
    sums: dict[str, Decimal] = {}
    for line in rows_of(row, "JournalEntryLines"):
        partner = text_of(line, "ShortName")
        if partner in scope.partners:
            sums[partner] = sums.get(partner, Decimal(0)) + amount_of(line, "Debit") - amount_of(line, "Credit")
    return [
        Posting(key=key, on=on, partner=partner, reference=reference, amount=amount)
        for partner, amount in sums.items()
        if amount
    ]


def read_postings(rows: Iterable[Row], scope: Scope, reading: Reading) -> list[Posting]:
    """The postings of customers; an entry that cannot be read, or whose day has not come, is named."""
    postings: list[Posting] = []
    for row in rows:
        try:
            of_row = postings_of(row, scope)
        except UnreadableDocumentError as error:
            find(reading, "set_aside", error.rule, key=f"{POSTING}-{row.get('JdtNum')}", name=error.field)
            continue
        for posting in of_row:
            if posting.on > scope.today:
                find(reading, "held", "post_dated", key=posting.key)
            else:
                postings.append(posting)
    return postings


def bounces(postings: Iterable[Posting], payments: Iterable[Money], reading: Reading) -> Mapping[int, date]:
    """The day on which a payment became undone, by its DocEntry.

    A debit undoes the live payment of the same customer and amount whose number it carries, not before that
    payment's day. What fits none is named, and so is a credit: whether it settles, writes off or corrects cannot be
    told from it.
    """
    waiting: dict[tuple[str, str, Decimal], list[Money]] = {}
    for money in payments:
        if not money.is_cancelled and money.total > 0:
            waiting.setdefault((money.partner, str(money.number), money.total), []).append(money)
    result: dict[int, date] = {}
    for posting in sorted(postings, key=lambda item: (item.on, item.key)):
        if posting.amount < 0:
            find(reading, "set_aside", "sap_posting_credits_customer", key=posting.key)
            continue
        fitting = waiting.get((posting.partner, posting.reference, posting.amount), [])
        match = next((money for money in fitting if money.on <= posting.on), None)
        if match is None:
            find(reading, "set_aside", "reversal_without_receipt", key=posting.key)
            continue
        fitting.remove(match)
        result[match.entry] = posting.on
    return result
