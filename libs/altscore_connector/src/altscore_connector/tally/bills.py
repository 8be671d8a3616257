"""Bills Receivable: runs of siblings without ids; a cross-check of what is open, not a source of records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from altscore_connector.errors import TallyError
from altscore_connector.tally.wire import TallyPort, report_request, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@dataclass(frozen=True)
class OpenBill:
    """A bill that someone owes; `open_inr` is above zero."""

    party: str
    name: str
    on: date
    due_on: date
    open_inr: Decimal


def read_bills(port: TallyPort, company: str) -> list[OpenBill]:
    """Asks for Bills Receivable."""
    return list(bills_of(port.ask(report_request("Bills Receivable", company=company))))


def bills_of(root: "Element") -> Iterator[OpenBill]:
    """The bills of a reply; an empty envelope holds none."""
    fixed: Element | None = None
    closing = Decimal(0)
    for child in root:
        if child.tag == "BILLFIXED":
            fixed = child
        elif child.tag == "BILLCL":
            closing = Decimal((child.text or "0").strip() or "0")
        elif child.tag == "BILLDUE" and fixed is not None and closing < 0:
            yield OpenBill(
                party=text_of(fixed, "BILLPARTY"),
                name=text_of(fixed, "BILLREF"),
                on=_day(text_of(fixed, "BILLDATE")),
                due_on=_day((child.text or "").strip()),
                open_inr=-closing,
            )


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%d-%b-%y").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError as error:
        raise TallyError("a bill came without a readable date") from error
