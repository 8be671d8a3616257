"""Companies that are captured replies: filters choose among the captured objects, bytes stay as they were."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from simulators_tally.envelopes import collection, split_objects
from simulators_tally.questions import Question

FOLDER = Path(__file__).parent / "captures"
_FIELD = re.compile(r"<([A-Z]+)(?: [^>]*)?>([^<]*)</\1>")
_TAGS = {"voucher": "VOUCHER", "ledger": "LEDGER", "group": "GROUP", "vouchertype": "VOUCHERTYPE"}


@dataclass(frozen=True)
class Reply:
    """Text of a reply, with the exact bytes of a capture when it is one and was asked in its charset."""

    text: str
    wide: bytes | None = None
    narrow: bytes | None = None


@dataclass(frozen=True)
class CapturedCompany:
    """Files of one company by what they answer; a question without a file finds nothing."""

    name: str
    guid: str
    collections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bills: str | None = None

    def answer(self, question: Question) -> Reply:
        """The captured collection, cut down to the objects that pass the filters."""
        names = self.collections.get(question.object_type, ())
        if not names:
            return Reply(collection(question.object_type, ()))
        replies = [read_capture(name) for name in names]
        parts = [split_objects(reply.text, _TAGS[question.object_type]) for reply in replies]
        objects = [item for _, items, _ in parts for item in items]
        kept = [item for item in objects if all(test(_fields(item)) for test in question.tests)]
        if len(kept) == len(objects) and len(replies) == 1:
            return replies[0]
        head, _, tail = parts[0]
        return Reply(head + "".join(kept) + tail)

    def receivable(self) -> Reply:
        """Bills Receivable; a company without such a capture has no open bill."""
        return read_capture(self.bills) if self.bills else Reply("<ENVELOPE></ENVELOPE>")


@lru_cache(maxsize=32)
def read_capture(name: str) -> Reply:
    """Reads a capture; UTF-16LE ones carry that in their name."""
    data = (FOLDER / name).read_bytes()
    if "utf16" in name:
        return Reply(data.decode("utf-16-le"), wide=data)
    return Reply(data.decode("utf-8"), narrow=data if data.isascii() else None)


def _fields(item: str) -> dict[str, str]:
    """Top-level values of an object; the first of a name wins, nested ones come later."""
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(item[:6000]):
        fields.setdefault(name, value)
    if (match := re.search(r'VCHTYPE="([^"]*)"', item[:600])) is not None:
        # The captured companies use only reserved voucher types, whose name is their class.
        fields["CLASS"] = match.group(1)
    return fields


COMPANIES = (
    CapturedCompany(
        name="Aarav Trading Company Demo",
        guid="bb8ad19e-6aef-4239-a917-87fec0c6215e",
        collections={
            "ledger": ("ledgers_native_aarav.utf16le.xml",),
            "group": ("group_snapshot_aarav_with_identity.utf16le.xml",),
            "voucher": ("unit_a_vouchers_wildcard_live.xml", "unit_a_optional_voucher_live.xml"),
        },
        bills="bills_receivable_aarav.xml",
    ),
    CapturedCompany(
        name="Bridge Ageing Lab",
        guid="eebb9a9f-1679-4468-9e8f-814c729674cb",
        collections={},
        bills="bills_receivable_ageing_lab.xml",
    ),
    CapturedCompany(
        name="Bridge Billwise Lab",
        guid="75f7566d-7a4f-431a-9642-e93a9d06d57d",
        collections={"ledger": ("ledger_snapshot_billwise_lab.xml",)},
        bills="bills_receivable_billwise_lab.xml",
    ),
    CapturedCompany(
        name="Bridge Validation Lab",
        guid="c6afd306-00e1-4f51-802a-babe44daddd3",
        collections={"ledger": ("ledgers_native_bvl.utf16le.xml",)},
        bills="bills-utf16.bin",
    ),
    # The captures do not hold this company's name: the name is ours.
    CapturedCompany(
        "Bridge WR2 Lab",
        "61c6de69-1748-461c-ad3f-162cb949df9f",
        {
            "ledger": ("ledgers_native_wr2_core_window.utf16le.xml",),
            "group": ("group_snapshot_wr2_with_identity.utf16le.xml",),
            "vouchertype": ("voucher_types_native_wr2.xml",),
            "voucher": ("vouchers_native_wr2.xml",),
        },
    ),
)
