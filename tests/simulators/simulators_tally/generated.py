"""The generated company: objects from a JSON file, rendered as Tally writes them."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from simulators_tally.captured import Reply
from simulators_tally.envelopes import collection
from simulators_tally.questions import Question
from simulators_tally.rendering import (
    render_bill,
    render_group,
    render_ledger,
    render_voucher,
    render_voucher_type,
)


class GeneratedCompany:
    """One ledger whose filters are evaluated; every question costs a scan of the whole collection.

    Args:
        data: a company as the README describes it.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self.name: str = self._data["name"]
        self.guid: str = self._data["guid"]
        self._classes = {item["name"]: item["parent"] for item in self._data["voucher_types"]}
        self._voucher_fields = [self._fields_of(voucher) for voucher in self._data["vouchers"]]

    @classmethod
    def from_file(cls, path: Path) -> "GeneratedCompany":
        """Reads a company file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def extent(self) -> dict[str, str]:
        """The company's own line: range and high-water marks."""
        vouchers = self._data["vouchers"]
        return {
            "LASTVOUCHERDATE": max((voucher["date"] for voucher in vouchers), default=self._data["as_of"]),
            "BOOKSFROM": self._data["books_from"],
            # The counter stays where it was when the newest voucher is deleted.
            "ALTVCHID": str(max([self._data.get("last_alter_id", 0), *(voucher["alter_id"] for voucher in vouchers)])),
            "ALTMSTID": str(max(ledger["alter_id"] for ledger in self._data["ledgers"])),
        }

    def answer(self, question: Question) -> Reply:
        """A collection of this company's objects."""
        objects = list(self._objects(question))
        return Reply(collection(question.object_type, objects))

    def _objects(self, question: Question) -> Iterator[str]:
        if question.object_type == "voucher":
            for voucher, fields in zip(self._data["vouchers"], self._voucher_fields, strict=True):
                if all(test(fields) for test in question.tests):
                    yield render_voucher(voucher, self.guid, voucher_class=fields["CLASS"], fetch=question.fetch)
            return
        render = {"ledger": render_ledger, "group": render_group, "vouchertype": render_voucher_type}.get(
            question.object_type
        )
        if render is None:
            return
        for number, item in enumerate(self._data[f"{question.object_type.replace('type', '_type')}s"]):
            fields = {"NAME": item["name"], "PARENT": item["parent"], "ALTERID": str(item.get("alter_id", number))}
            if all(test(fields) for test in question.tests):
                yield render(item, self.guid, number, question.fetch)

    def _fields_of(self, voucher: dict[str, Any]) -> dict[str, str]:
        return {
            "DATE": voucher["date"],
            "ALTERID": str(voucher["alter_id"]),
            "MASTERID": str(voucher["master_id"]),
            "GUID": voucher["guid"],
            "VOUCHERTYPENAME": voucher["type"],
            "VOUCHERNUMBER": voucher["number"],
            "ISCANCELLED": "Yes" if voucher.get("cancelled") else "No",
            "CLASS": self._classes[voucher["type"]],
            "ISOPTIONAL": "Yes" if voucher.get("optional") else "No",
        }

    def receivable(self) -> Reply:
        """Open bills by sign, whoever the party is; money on account is absent."""
        open_bills: dict[tuple[str, str], list[Any]] = {}
        for voucher, fields in zip(self._data["vouchers"], self._voucher_fields, strict=True):
            counts = fields["CLASS"] in {"Sales", "Receipt", "Credit Note", "Payment"}
            if not counts or voucher.get("cancelled") or voucher.get("optional"):
                continue
            for entry in voucher["entries"]:
                for bill in entry.get("bills", ()):
                    if bill["name"]:
                        open_bill = open_bills.setdefault((entry["ledger"], bill["name"]), [voucher["date"], 0, 0])
                        open_bill[1] += bill["paise"]
                        open_bill[2] = bill.get("credit_days", open_bill[2])
        as_of = _date(self._data["as_of"])
        lines = [
            render_bill(party, name, _date(day), paise=paise, due_on=_date(day) + timedelta(days=credit), as_of=as_of)
            for (party, name), (day, paise, credit) in open_bills.items()
            if paise < 0
        ]
        return Reply("<ENVELOPE>" + ("\r\n" + "".join(lines) if lines else "") + "</ENVELOPE>")


def _date(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))
