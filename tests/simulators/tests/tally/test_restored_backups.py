"""What a backup that is put back into Tally does to numbers that were read before, and what the connector makes of it.

Tally gives every change the next AlterID. With the backup its counter goes back too: deleted vouchers and former
versions return under numbers below the connector's mark, and later work is given numbers that were given out before.
"""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.accepted import Accepted, accepted_row
from altscore_connector.commands.backfill import send_windows
from altscore_connector.config import ConnectorConfig, IngestionConfig, TallyConfig
from altscore_connector.tally.census import KnownLines
from altscore_connector.tally.memory import Memory, place_of
from altscore_connector.tally.vouchers import CensusLine
from ledger_histories.receiver import Receiver

from .one_shop import GUID, RECEIPT, SALE, SHOP, TODAY, Site, bill, company, rules, voucher

NOTICED = [("note", "vouchers_differ_unaltered")]
NEW_NAME = "Om Traders and Sons"
SECOND: dict[str, Any] = {"name": "Shop 2", "parent": "Sundry Debtors", "guid": f"{GUID}-92", "alter_id": 2}
LOST = [("set_aside", "reversal_without_receipt")]
BOUNCE = voucher("Payment", 3, -500_000, on="20261103", narration="cheque returned unpaid")
OTHER_DAY = voucher("Receipt", 2, 500_000, bills=[bill("A/1", 500_000)], on="20261021")
LINE = CensusLine(guid=SALE["guid"], alter_id=1, on=TODAY, amount=Decimal("5000.00"), is_alive=True, party="Om Traders")


def renamed(*vouchers: Any) -> list[Any]:
    """Vouchers with their ledger's new name, as Tally shows them then; none is altered."""
    written: list[Any] = json.loads(json.dumps(vouchers).replace("Om Traders", NEW_NAME))
    return written


def is_of(record: dict[str, Any], document: dict[str, Any]) -> bool:
    """Whether a record is one of a voucher's."""
    return document["guid"] in record.values()


def sale(paise: int, **more: Any) -> dict[str, Any]:
    """The first voucher in another version."""
    return voucher("Sales", 1, -paise, bills=[bill("A/1", -paise, "New Ref")], other="Sales", **more)


@pytest.mark.parametrize("kind", ["Sales", "Receipt", "Credit Note", "Journal"])
def test_a_deleted_voucher_that_comes_back_under_its_number_counts_again(site: Site, kind: str) -> None:
    paise = -5_000 if kind == "Sales" else 5_000
    deleted, rest = voucher(kind, 3, paise, other="Sales"), [SALE, RECEIPT]
    first = [record for record in site.sync(company(*rest, deleted, last_alter_id=3))[0] if is_of(record, deleted)]
    assert [record["is_cancelled"] for record in site.sync(company(*rest, last_alter_id=3))[0]] == [True]
    sent, findings = site.sync(company(*rest, deleted, last_alter_id=3))
    assert (sent, rules(findings)) == (first, NOTICED)
    assert site.sync(company(*rest, deleted, last_alter_id=3)) == ([], [])


@pytest.mark.parametrize("kind", ["Receipt", "Payment", "Journal"])
def test_money_that_was_taken_back_is_taken_back_again_when_its_voucher_returns(site: Site, kind: str) -> None:
    more = {"narration": "cheque returned unpaid"} if kind == "Payment" else {}
    bounce = voucher(kind, 3, -500_000, on="20261103", **more)
    site.sync(company(SALE, RECEIPT, bounce, last_alter_id=3))
    [standing], _ = site.sync(company(SALE, RECEIPT, last_alter_id=3))
    assert standing.get("is_bounced") is None
    [bounced], findings = site.sync(company(SALE, RECEIPT, bounce, last_alter_id=3))
    assert (bounced["bounced_on"], rules(findings)) == ("2026-11-03", NOTICED)


def test_a_former_version_counts_although_later_work_brought_the_counter_back_to_the_mark(site: Site) -> None:
    site.sync(company(sale(500_000), last_alter_id=1))
    site.sync(company(sale(900_000, alter_id=2), last_alter_id=2))
    sent, findings = site.sync(company(sale(500_000), voucher("Receipt", 7, 100, alter_id=2), last_alter_id=2))
    assert [record.get("amount_inr") for record in sent if record["table"] == "invoices"] == [Decimal("5000.00")]
    assert len(sent) == 2
    assert rules(findings) == NOTICED


@pytest.mark.parametrize(
    "changes", [{"paise": 800_000}, {"on": "20261005"}, {"ledger": "Shop 2"}], ids=["amount", "day", "party"]
)
def test_another_version_under_a_number_that_was_given_out_before_is_noticed(
    site: Site, changes: dict[str, Any]
) -> None:
    def version(*, paise: int = 900_000, ledger: str = "Om Traders", **more: Any) -> dict[str, Any]:
        stated = sale(paise, alter_id=2, **more)
        stated["entries"][0]["ledger"] = ledger
        return stated

    site.sync(company(version(), ledgers=[SECOND], last_alter_id=2))
    [record], findings = site.sync(company(version(**changes), ledgers=[SECOND], last_alter_id=2))
    assert rules(findings) == NOTICED
    expected = version(**changes)
    assert record["amount_inr"] == Decimal(-expected["entries"][0]["paise"]).scaleb(-2)
    assert record["retailer_ref"] == (SECOND["guid"] if "ledger" in changes else SHOP)
    assert record["invoice_date"].replace("-", "") == expected["date"]


def test_what_was_acknowledged_of_a_refused_sync_is_known_to_be_of_no_finished_one(site: Site) -> None:
    site.sync(company(SALE, RECEIPT, last_alter_id=2))
    site.queue(site.read(company(RECEIPT, voucher("Receipt", 3, 100))), limit=1)
    for end in (site.state.acknowledge, site.state.drop):
        batch = site.state.queued()
        assert batch is not None
        end(batch)
    [record], findings = site.sync(company(SALE, RECEIPT, last_alter_id=2))
    assert (record["invoice_id"], record.get("is_cancelled"), rules(findings)) == (SALE["guid"], None, [])


def test_a_reversal_without_a_receipt_is_named_by_a_memory_of_before_the_receipt_went(site: Site) -> None:
    site.sync(company(SALE, RECEIPT, BOUNCE))
    receipt = Accepted(
        "payments", f"{RECEIPT['guid']}#1", source_order=2, is_cancelled=True, on=TODAY, amount_inr=Decimal(5_000)
    )
    Memory.read_again(site.state)
    site.state.take_over([accepted_row(receipt, place_of("payments", receipt.key))], sequence=9, marks={})
    for _ in range(2):
        assert rules(site.sync(company(SALE, BOUNCE))[1]) == LOST
    assert site.sync(company(SALE, RECEIPT, BOUNCE))[1] == []


def test_a_reversal_without_a_receipt_is_named_although_the_batch_after_the_withdrawal_was_refused(site: Site) -> None:
    site.sync(company(SALE, RECEIPT, BOUNCE))
    note = voucher("Credit Note", 4, 100, other="Sales")
    site.queue(site.read(company(SALE, BOUNCE, note)), limit=1)
    for end in (site.state.acknowledge, site.state.drop):
        batch = site.state.queued()
        assert batch is not None
        end(batch)
    assert rules(site.sync(company(SALE, BOUNCE, note))[1]) == LOST


def test_a_memory_of_before_reads_the_whole_company_once_and_says_nothing(site: Site) -> None:
    site.sync(company(SALE, RECEIPT))
    mark = f"tally:{GUID}"
    old = {name: value for name, value in json.loads(site.state.mark(mark) or "").items() if name != "lines"}
    site.state.remember({mark: json.dumps(old)})
    reading = site.read(company(SALE, RECEIPT))
    assert (reading.notes["vouchers_read"], rules(reading.findings)) == (2, [])
    site.sync(company(SALE, RECEIPT))
    assert "vouchers_read" not in site.read(company(SALE, RECEIPT)).notes


def test_to_read_everything_again_reads_vouchers_whose_lines_are_known_too(site: Site) -> None:
    site.sync(company(SALE, RECEIPT))
    Memory.read_again(site.state)
    reading = site.read(company(SALE, RECEIPT))
    assert (reading.notes["vouchers_read"], rules(reading.findings)) == (2, [])


def test_everything_that_is_read_again_counts_although_its_numbers_went_back(site: Site) -> None:
    site.sync(company(sale(900_000, alter_id=9)))
    Memory.read_again(site.state)
    [record], findings = site.sync(company(sale(500_000, alter_id=4)))
    assert (record["amount_inr"], findings) == (Decimal("5000.00"), [])


def test_a_backfill_after_a_restored_backup_sends_what_went_back_with_its_own_window(site: Site) -> None:
    receiver = Receiver()

    def backfill(version: dict[str, Any]) -> list[int]:
        site.tally.open_only(company(version))
        config = ConnectorConfig(
            distributor_id="d",
            state_file=Path(),
            ingestion=IngestionConfig(url="", ca_file=Path(), certificate_file=Path(), key_file=Path()),
            keystore_file=Path(),
            passphrase_file=None,
            interval_s=60,
            tally=TallyConfig(site.url, ("Om & Co",)),
            csv=None,
        )
        parts = send_windows(config, receiver, site.state, from_on=date(2025, 4, 1), days=30)
        return [part.submitted for part in parts]

    assert backfill(sale(900_000, alter_id=9, on="20250501")) == [2, 0]
    assert backfill(sale(500_000, alter_id=4, on="20250501")) == [1, 0]
    assert [record["amount_inr"] for record in receiver.live("invoices")] == [5_000]


def test_one_difference_has_vouchers_read_again_whose_lines_do_not_differ(site: Site) -> None:
    split = [bill("A/1", -300_000, "New Ref"), bill("A/2", -200_000, "New Ref")]
    site.sync(company(SALE, RECEIPT))
    sent, findings = site.sync(company({**SALE, "entries": [{**SALE["entries"][0], "bills": split}]}, OTHER_DAY))
    amounts = [record["amount_inr"] for record in sent if record["table"] == "invoices"]
    assert (amounts, rules(findings)) == ([Decimal("3000.00"), Decimal("2000.00")], NOTICED)


def test_a_new_name_of_a_ledger_reads_no_voucher_again(site: Site) -> None:
    site.sync(company(SALE, RECEIPT, ledgers=[SECOND]))
    reading = site.read(company(*renamed(SALE, RECEIPT), ledgers=[SECOND], shop=NEW_NAME))
    assert ("vouchers_read" in reading.notes, rules(reading.findings)) == (False, [])


def test_a_voucher_whose_ledger_is_not_known_yet_is_read_again_without_a_word(site: Site) -> None:
    cancelled = renamed({**SALE, "cancelled": True})
    site.sync(company(*cancelled, RECEIPT))
    assert site.sync(company(*cancelled, *renamed(RECEIPT), shop=NEW_NAME)) == ([], [])


def test_a_ledger_that_is_moved_among_the_debtors_brings_its_vouchers_and_takes_them_along(site: Site) -> None:
    old = voucher("Sales", 3, -7_000, other="Sales")
    old["entries"][0]["ledger"] = "Shop 2"
    elsewhere = {**SECOND, "parent": "Expenses"}
    sent, _ = site.sync(company(SALE, old, ledgers=[elsewhere]))
    assert [record["invoice_id"] for record in sent] == [SALE["guid"]]
    [came], findings = site.sync(company(SALE, old, ledgers=[SECOND]))
    assert (came["invoice_id"], came.get("is_cancelled"), rules(findings)) == (old["guid"], None, NOTICED)
    [gone], findings = site.sync(company(SALE, old, ledgers=[elsewhere]))
    assert (gone["invoice_id"], gone["is_cancelled"], rules(findings)) == (old["guid"], True, NOTICED)


@pytest.mark.parametrize(
    "other",
    [{"guid": RECEIPT["guid"]}, {"alter_id": 2}, {"on": TODAY.replace(day=1)}, {"amount": None}, {"is_alive": False}],
    ids=str,
)
def test_a_line_is_known_as_a_whole_or_not_at_all(other: dict[str, Any]) -> None:
    before = KnownLines(None)
    assert not before.see("Sales", LINE, SHOP, is_debtors=True)
    lines = KnownLines(before.text())
    assert lines.see("Sales", replace(LINE, party="A new name"), SHOP, is_debtors=True)
    assert not lines.see("Sales", replace(LINE, **other), SHOP, is_debtors=True)
    assert not lines.see("Receipt", LINE, SHOP, is_debtors=True)
    assert not lines.see("Sales", LINE, SECOND["guid"], is_debtors=True)
    assert not lines.see("Sales", LINE, SHOP, is_debtors=False)


def test_what_is_remembered_of_a_line_is_eight_bytes() -> None:
    lines = KnownLines(None)
    for number in range(3_000):
        lines.see("Sales", replace(LINE, alter_id=number), SHOP, is_debtors=True)
    assert len(lines.text()) == 3_000 * 8 * 4 // 3
