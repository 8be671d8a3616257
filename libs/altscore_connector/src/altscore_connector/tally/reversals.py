"""Money that is taken back from a debtor: bounced cheques, receipts reversed by journal, negative receipts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from altscore_connector.bounces import narrates_a_bounce
from altscore_connector.tally.mapping import BANK, CASH, Masters, Receipt, ReceiptLine, party_entries
from altscore_connector.tally.vouchers import Entry, Voucher, VoucherClass


@dataclass(frozen=True)
class Reversal:
    """One entry that takes money back; `bills` are the bills that it opens again, with their amounts."""

    guid: str
    alter_id: int
    on: date
    party: str
    amount: Decimal
    instrument: str
    bills: tuple[tuple[str, Decimal], ...]

    def as_json(self) -> dict[str, Any]:
        """For the connector's memory: references and amounts only."""
        return {
            "guid": self.guid,
            "alter_id": self.alter_id,
            "on": self.on.isoformat(),
            "party": self.party,
            "amount": str(self.amount),
            "instrument": self.instrument,
            "bills": [[name, str(amount)] for name, amount in self.bills],
        }


def reversal_from_json(stored: dict[str, Any]) -> Reversal:
    """The reverse of `Reversal.as_json`."""
    return Reversal(
        guid=stored["guid"],
        alter_id=stored["alter_id"],
        on=date.fromisoformat(stored["on"]),
        party=stored["party"],
        amount=Decimal(stored["amount"]),
        instrument=stored["instrument"],
        bills=tuple((name, Decimal(amount)) for name, amount in stored["bills"]),
    )


def reversals_of(voucher: Voucher, voucher_class: VoucherClass, masters: Masters) -> tuple[list[Reversal], int]:
    """The entries of a voucher that take money back, and the number of other debits of debtors.

    A negative receipt always does. A payment voucher does when its narration speaks of a bounced cheque; else it
    is a refund. A journal does when its narration says so or when the money leaves a bank or cash ledger; else it
    is a charge.

    Raises:
        UnreadableVoucherError: as `party_entries`.
    """
    debits = list(party_entries(voucher, masters, debit=True))
    if not debits:
        return [], 0
    is_reversal = voucher_class == "Receipt" or narrates_a_bounce(voucher.narration)
    if voucher_class == "Journal":
        is_reversal |= any(_is_money(entry, masters) for entry in voucher.entries if not entry.is_debit)
    if not is_reversal:
        return [], len(debits)
    instrument = next((entry.instrument for entry in voucher.entries if entry.instrument), "")
    return [
        Reversal(
            guid=voucher.guid,
            alter_id=voucher.alter_id,
            on=voucher.on,
            party=ledger.guid,
            amount=entry.amount,
            instrument=instrument,
            bills=tuple((bill.name, bill.amount) for bill in entry.bills if bill.name),
        )
        for ledger, entry in debits
    ], 0


def is_money_in(voucher: Voucher, masters: Masters) -> bool:
    """Whether a journal books money into a bank or cash ledger: then it is a receipt."""
    return any(entry.is_debit and _is_money(entry, masters) for entry in voucher.entries)


def _is_money(entry: Entry, masters: Masters) -> bool:
    ledger = masters.ledgers.get(entry.ledger)
    return ledger is not None and ledger.group in (BANK, CASH)


def undo(receipts: Sequence[Receipt], reversals: Iterable[Reversal]) -> tuple[list[Receipt], list[Reversal]]:
    """Marks what was taken back; a line that was taken back in part is two lines.

    Each reversal, oldest first, takes the receipt of the same party and amount, the same instrument and bills
    before others and the latest before earlier ones; else lines of the bills that it names, else the party's
    latest lines.

    Returns:
        The receipts in their order, and the reversals for which nothing, or not enough, was found.
    """
    left = {receipt.guid: receipt for receipt in receipts}
    lost = []
    for reversal in sorted(reversals, key=lambda item: (item.on, item.alter_id)):
        candidates = sorted(
            (receipt for receipt in left.values() if receipt.on <= reversal.on),
            key=lambda receipt: (receipt.on, receipt.alter_id),
            reverse=True,
        )
        whole = [receipt for receipt in candidates if _standing(receipt, reversal.party) == reversal.amount]
        if whole:
            best = max(whole, key=lambda receipt: _likeness(receipt, reversal))
            left[best.guid] = _take(best, reversal, amount=reversal.amount, bill=None)[0]
        elif not _take_parts(left, candidates, reversal):
            lost.append(reversal)
    return [left[receipt.guid] for receipt in receipts], lost


def _standing(receipt: Receipt, party: str) -> Decimal:
    good = (line.amount for line in receipt.lines if line.party == party and line.bounced_on is None)
    return sum(good, Decimal(0))


def _likeness(receipt: Receipt, reversal: Reversal) -> tuple[bool, int]:
    same_instrument = bool(reversal.instrument) and receipt.instrument == reversal.instrument
    named = {name for name, _ in reversal.bills}
    return same_instrument, sum(1 for line in receipt.lines if line.bill_ref in named)


def _take_parts(left: dict[str, Receipt], candidates: Sequence[Receipt], reversal: Reversal) -> bool:
    """Takes the named bills first, then whatever is the latest; true when the whole amount was found."""
    rest = reversal.amount
    parts: list[tuple[str | None, Decimal]] = [*reversal.bills, (None, rest)]
    for bill, amount in parts:
        open_amount = min(amount, rest)
        for receipt in candidates:
            if open_amount == 0:
                break
            guid = receipt.guid
            left[guid], taken = _take(left[guid], reversal, amount=open_amount, bill=bill)
            open_amount, rest = open_amount - taken, rest - taken
    return rest == 0


def _take(receipt: Receipt, reversal: Reversal, *, amount: Decimal, bill: str | None) -> tuple[Receipt, Decimal]:
    """Takes up to `amount` from the standing lines of the party (of one bill, if given); tells how much it was."""
    lines: list[ReceiptLine] = []
    taken = Decimal(0)
    for line in receipt.lines:
        fits = line.party == reversal.party and line.bounced_on is None and bill in (None, line.bill_ref)
        part = min(line.amount, amount - taken) if fits else Decimal(0)
        if part:
            lines.append(replace(line, amount=part, bounced_on=reversal.on))
            taken += part
        if line.amount > part:
            lines.append(replace(line, amount=line.amount - part))
    return replace(receipt, lines=tuple(lines)), taken
