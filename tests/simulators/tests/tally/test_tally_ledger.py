"""What people do in a ledger and what the connector makes of it, case by case."""

from datetime import date
from decimal import Decimal

import pytest
from altscore_connector.errors import TallyError

from .one_shop import GUID, RECEIPT, SALE, Site, bill, company, on_account, rules, voucher

FOREIGN = "-$ 100.00 @ I₹ 86/$  = -I₹ 8600.00"


def test_an_amount_in_foreign_currency_is_its_base_amount(site: Site) -> None:
    foreign = voucher("Sales", 3, -860_000, bills=[bill("A/2", 0, "New Ref", amount_text=FOREIGN)], other="Sales")
    foreign["entries"][0]["amount_text"] = FOREIGN
    sent, findings = site.sync(company(SALE, foreign))
    assert [(record["invoice_id"], record["amount_inr"]) for record in sent] == [
        (SALE["guid"], Decimal("5000.00")),
        (foreign["guid"], Decimal("8600.00")),
    ]
    assert findings == []


def test_one_unreadable_voucher_is_named_until_it_can_be_read_and_stops_nothing(site: Site) -> None:
    broken = voucher("Sales", 3, -860_000, other="Sales")
    broken["entries"][0]["amount_text"] = "$ 100.00"
    undated = voucher("Receipt", 4, 100, on="2026")
    for day in ("19260401", "99991231", "2026", "2026"):
        undated["date"] = day
        sent, findings = site.sync(company(SALE, broken, undated))
        assert sorted(finding.key for finding in findings) == [broken["guid"], undated["guid"]]
        assert {rule for _, rule in rules(findings)} == {"amount_unreadable", "voucher_unreadable"}
        assert {kind for kind, _ in rules(findings)} == {"set_aside"}
    assert sent == []
    del broken["entries"][0]["amount_text"]
    undated["date"] = "20261002"
    sent, findings = site.sync(company(SALE, broken, undated))
    assert {record["table"] for record in sent} == {"invoices", "payments"}
    assert findings == []


def test_what_is_known_of_a_voucher_stays_while_it_cannot_be_read(site: Site) -> None:
    site.sync(company(SALE))
    broken = {**SALE, "alter_id": 9, "entries": [{**SALE["entries"][0], "amount_text": "?"}, SALE["entries"][1]]}
    sent, findings = site.sync(company(broken))
    assert (sent, rules(findings)) == ([], [("set_aside", "amount_unreadable")])


def test_a_suppliers_amount_that_nobody_can_read_is_no_finding(site: Site) -> None:
    paid = voucher("Payment", 5, -100)
    paid["entries"][0] |= {"ledger": "Overseas Supplier", "amount_text": "$ 100.00"}
    sent, findings = site.sync(company(SALE, paid))
    assert (len(sent), findings) == (1, [])


def test_a_post_dated_receipt_waits_for_its_day_in_india(site: Site) -> None:
    cheque = voucher("Receipt", 2, 500_000, bills=[bill("A/1", 500_000)], on="20261215", post_dated=True)
    sent, findings = site.sync(company(SALE, cheque))
    assert ([record["table"] for record in sent], rules(findings)) == (["invoices"], [("held", "post_dated")])
    site.today = date(2026, 12, 15)
    sent, findings = site.sync(company(SALE, cheque))
    assert [(record["payment_id"], record["paid_date"]) for record in sent] == [(cheque["guid"], "2026-12-15")]
    assert findings == []


def test_deleted_and_cancelled_receipts_and_credit_notes_are_withdrawn(site: Site) -> None:
    receipts = [voucher("Receipt", number, 10_000) for number in (2, 3)]
    notes = [voucher("Credit Note", number, 20_000, other="Sales") for number in (4, 5)]
    site.sync(company(SALE, *receipts, *notes))
    receipts[0] |= {"cancelled": True, "alter_id": 8}
    notes[0] |= {"optional": True, "alter_id": 9}
    sent, findings = site.sync(company(SALE, receipts[0], notes[0]))
    assert sorted((record["table"], record["is_cancelled"]) for record in sent) == [
        *[("payments", True)] * 2,
        *[("returns", True)] * 2,
    ]
    assert findings == []
    assert site.sync(company(SALE, receipts[0], notes[0]))[0] == []


def test_a_voucher_altered_to_fewer_bills_withdraws_the_others(site: Site) -> None:
    two = voucher("Sales", 1, -3_000, bills=[bill("A", -1_000, "New Ref"), bill("B", -2_000, "New Ref")], other="Sales")
    site.sync(company(two))
    merged = voucher("Sales", 1, -3_000, bills=[bill("A", -3_000, "New Ref")], other="Sales", alter_id=7)
    sent, _ = site.sync(company(merged))
    assert [(record["invoice_id"], record["amount_inr"], record.get("is_cancelled")) for record in sent] == [
        (merged["guid"], Decimal("30.00"), None),
        (f"{merged['guid']}#2", Decimal("20.00"), True),
    ]


def test_a_receipt_altered_to_fewer_bills_withdraws_the_others(site: Site) -> None:
    two = voucher("Receipt", 2, 300_000, bills=[bill("A/1", 100_000), bill("A/2", 200_000)])
    site.sync(company(SALE, two))
    sent, findings = site.sync(company(SALE, voucher("Receipt", 2, 100_000, bills=[bill("A/1", 100_000)], alter_id=7)))
    assert [(record["line_no"], record["amount_paid_inr"], record["is_cancelled"]) for record in sent] == [
        (2, Decimal("2000.00"), True)
    ]
    assert findings == []


@pytest.mark.parametrize("kind", ["Payment", "Journal", "Receipt"])
def test_a_bounce_of_an_earlier_sync_carries_the_day_it_became_known(site: Site, kind: str) -> None:
    site.sync(company(SALE, RECEIPT))
    back = voucher(kind, 3, -500_000, bills=[bill("A/1", -500_000)], on="20261025", narration="cheque bounced")
    sent, findings = site.sync(company(SALE, RECEIPT, back))
    [record] = sent
    assert (record["is_bounced"], record["bounced_on"], record["amount_paid_inr"]) == (
        True,
        "2026-10-25",
        Decimal("5000.00"),
    )
    assert findings == []
    [undone] = site.sync(company(SALE, RECEIPT))[0]
    assert "is_bounced" not in undone, "the reversal was deleted"


@pytest.mark.parametrize(
    ("narration", "is_bounce"),
    [
        *(
            (text, True)
            for text in ("Chq. No. 000123 returned", "CHEQUE RTN", "cheque was returned", "NACH return", "चेक बाउंस")
        ),
        *(
            (text, False)
            for text in ("cheque against sales return", "cheque to retailer", "refund of 3 returned cases")
        ),
    ],
)
def test_a_payment_to_a_debtor_takes_a_receipt_back_where_its_narration_says_that_the_cheque_came_back(
    site: Site, narration: str, is_bounce: bool
) -> None:
    back = voucher("Payment", 3, -500_000, on="20261025", narration=narration)
    sent, _ = site.sync(company(SALE, RECEIPT, back))
    assert [record.get("is_bounced", False) for record in sent if record["table"] == "payments"] == [is_bounce]


def test_a_part_that_is_taken_back_splits_the_line(site: Site) -> None:
    back = voucher("Journal", 3, -200_000, bills=[bill("A/1", -200_000)], on="20261025")
    sent, findings = site.sync(company(SALE, RECEIPT, back))
    lines = [(r["amount_paid_inr"], r.get("is_bounced", False)) for r in sent if r["table"] == "payments"]
    assert (lines, findings) == ([(Decimal("2000.00"), True), (Decimal("3000.00"), False)], [])


def test_a_reversal_without_a_receipt_is_named_at_every_sync(site: Site) -> None:
    back = voucher("Payment", 3, -200_000, narration="cheque dishonoured")
    for _ in range(2):
        assert rules(site.sync(company(SALE, back))[1]) == [("set_aside", "reversal_without_receipt")]
    early = voucher("Receipt", 4, 200_000, on="20260930")
    assert site.sync(company(SALE, back, early))[1] == []


def test_other_vouchers_settle_as_a_return_or_bring_money_in(site: Site) -> None:
    discount = voucher("Journal", 3, 1_000, other="Discount")
    money = voucher("Journal", 4, 2_000, other="HDFC Bank", bills=[bill("A/1", 2_000)])
    charge = voucher("Journal", 5, -4_000, other="Discount")
    sent, findings = site.sync(company(SALE, discount, money, charge))
    settled = [(r["table"], r.get("amount_inr") or r["amount_paid_inr"]) for r in sent if r["table"] != "invoices"]
    assert sorted(settled) == [("payments", Decimal("20.00")), ("returns", Decimal("10.00"))]
    assert findings == []
    assert [r["table"] for r in site.sync(company(SALE, charge))[0]] == ["payments", "returns"]


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("30 Days", "2026-10-31"),
        ("2 Weeks", "2026-10-15"),
        ("1 Months", "2026-11-01"),
        ("2 Months", "2026-12-01"),
        ("1 Years", "2027-10-01"),
        ("15-Nov-26", "2026-11-15"),
    ],
)
@pytest.mark.parametrize("is_of_ledger", [False, True])
def test_a_credit_period_holds_in_every_unit(site: Site, written: str, due: str, is_of_ledger: bool) -> None:
    opened = bill("A/1", -100, "New Ref", **({} if is_of_ledger else {"credit_period": written}))
    ledgers = [{"name": "Shop 2", "parent": "Sundry Debtors", "guid": f"{GUID}-92", "alter_id": 2,
                "credit_period": written}]  # fmt: skip
    sale = voucher("Sales", 1, -100, bills=[opened], other="Sales")
    if is_of_ledger:
        sale["entries"][0]["ledger"] = "Shop 2"
    [record], findings = site.sync(company(sale, ledgers=ledgers))
    assert (record["due_date"], record.get("due_date_is_default"), findings) == (due, None, [])


@pytest.mark.parametrize("written", ["3 Moons", "4 Years"])
def test_an_unknown_unit_is_named_and_default_terms_are_flagged(site: Site, written: str) -> None:
    sale = voucher("Sales", 1, -100, bills=[bill("A/1", -100, "New Ref", credit_period=written)], other="Sales")
    [record], findings = site.sync(company(sale), default_credit_days=21)
    assert (record["due_date"], record["due_date_is_default"]) == ("2026-10-22", True)
    assert rules(findings) == [("set_aside", "credit_period_unknown")]


def test_a_closed_company_is_named_and_does_not_block_the_open_one(site: Site) -> None:
    sent, findings = site.sync(company(SALE), names=("Closed", "Om & Co"))
    assert len(sent) == 1
    assert [(f.kind, f.rule, f.file) for f in findings] == [("refused", "company_not_loaded", "tally.companies[1]")]
    with pytest.raises(TallyError, match=r"tally.companies\[1\] is not loaded"):
        site.read(company(SALE), names=("Closed",))


def test_nothing_is_withdrawn_when_tally_shows_no_voucher_at_all(site: Site) -> None:
    site.sync(company(SALE, RECEIPT))
    sent, findings = site.sync(company())
    assert (sent, rules(findings)) == ([], [("held", "no_vouchers_left")])
    assert site.sync(company(SALE, RECEIPT)) == ([], []), "what was remembered of them is still there"


def test_a_restored_backup_is_read_again_whole_and_wins(site: Site) -> None:
    site.sync(company({**SALE, "alter_id": 50}))
    older = voucher("Sales", 1, -100, bills=[bill("A/1", -100, "New Ref")], other="Sales", alter_id=3)
    reading = site.read(company(older))
    [item] = [item for item in reading.items if item.table == "invoices"]
    assert (item.source_order, rules(reading.findings)) == (53, [("note", "alter_id_went_back")])


def test_the_order_of_a_record_is_its_alter_id(site: Site) -> None:
    reading = site.read(company(SALE, RECEIPT))
    orders = {item.table: item.source_order for item in reading.items if item.table != "retailers"}
    assert orders == {"invoices": 1, "payments": 2}


def test_opening_bills_are_documents_and_a_receipt_that_names_one_carries_its_name(site: Site) -> None:
    opening = {"name": "OLD/17", "date": "20260315", "paise": -70_000, "credit_period": "1 Months"}
    shop = {"name": "Shop 2", "parent": "Sundry Debtors", "guid": f"{GUID}-92", "alter_id": 2}
    old = voucher("Receipt", 3, 70_000, bills=[bill("OLD/17", 70_000)])
    old["entries"][0]["ledger"] = "Shop 2"
    with_bill = company(old, ledgers=[{**shop, "opening_bills": [opening]}])
    sent, findings = site.sync(with_bill)
    [invoice] = [record for record in sent if record["table"] == "invoices"]
    [payment] = [record for record in sent if record["table"] == "payments"]
    assert (invoice["invoice_date"], invoice["due_date"], invoice["amount_inr"]) == (
        "2026-03-15",
        "2026-04-15",
        Decimal("700.00"),
    )
    assert (invoice["bill_ref"], findings) == (payment["bill_ref"], [])
    told = {total.month: total.amount_inr for total in site.read(with_bill).erp_totals if total.table == "invoices"}
    assert told == {"2026-03": Decimal("700.00")}
    for unreadable in ({"amount_text": "?"}, {"date": "99991231"}, {"date": "19260315"}):
        bills = [{**opening, **unreadable}]
        sent, findings = site.sync(company(old, ledgers=[{**shop, "opening_bills": bills}]))
        assert (sent, rules(findings)) == ([], [("set_aside", "opening_bill_unreadable")])
    [gone], _ = site.sync(company(old, ledgers=[shop]))
    assert (gone["invoice_id"], gone["is_cancelled"]) == (invoice["invoice_id"], True)


def test_a_month_of_which_nothing_is_left_is_told_as_zero(site: Site) -> None:
    site.sync(company(SALE, RECEIPT))
    [total] = [total for total in site.read(company(SALE)).erp_totals if total.table == "payments"]
    assert (total.month, total.count, total.amount_inr) == ("2026-10", 0, Decimal(0))


def test_totals_are_those_of_tally_and_a_month_without_an_amount_has_none(site: Site) -> None:
    blank = voucher("Receipt", 3, 1_000, on="20261101")
    blank["entries"][1]["amount_text"] = "?"
    reading = site.read(company(SALE, RECEIPT, blank))
    told = {(total.table, total.month): (total.count, total.amount_inr) for total in reading.erp_totals}
    assert told[("invoices", "2026-10")] == (1, Decimal("5000.00"))
    assert told[("payments", "2026-10")] == (1, Decimal("5000.00"))
    assert ("payments", "2026-11") not in told


def test_what_a_sale_credits_its_debtor_counts_as_money_or_as_a_return(site: Site) -> None:
    paid = voucher("Sales", 1, -100_000, bills=[bill("A/1", -100_000, "New Ref")], other="Sales")
    paid["entries"] += [
        {"ledger": "Om Traders", "paise": 30_000, "bills": [bill("A/1", 30_000)]},
        {"ledger": "Cash", "paise": -30_000},
    ]
    negative = voucher("Sales", 2, 40_000, other="Sales")
    spent = voucher("Payment", 3, 5_000, other="Discount")
    site.sync(company(SALE | {"guid": f"{GUID}-00000009", "alter_id": 9}, RECEIPT | {"guid": f"{GUID}-00000008"}))
    reading = site.read(company(paid, negative, spent))
    sent = [record for record in site.queue(reading) if not record.get("is_cancelled")]
    assert sorted((r["table"], r.get("amount_inr") or r["amount_paid_inr"], r.get("bill_ref")) for r in sent) == [
        ("invoices", Decimal("1000.00"), "A/1"),
        ("payments", Decimal("300.00"), "A/1"),
        ("returns", Decimal("50.00"), None),
        ("returns", Decimal("400.00"), None),
    ]
    told = {total.table: (total.count, total.amount_inr) for total in reading.erp_totals}
    assert told == {
        "invoices": (1, Decimal("1000.00")),
        "payments": (1, Decimal("300.00")),
        "returns": (2, Decimal("450.00")),
    }
    while (queued := site.state.queued()) is not None:
        site.state.acknowledge(queued)
    assert site.sync(company(paid, negative, spent)) == ([], []), "nothing of an unchanged voucher is withdrawn"
    [gone], _ = site.sync(company({**paid, "entries": paid["entries"][:2], "alter_id": 8}, negative, spent))
    assert (gone["table"], gone["is_cancelled"]) == ("payments", True)


def test_money_paid_on_the_spot_is_taken_back_and_given_again_like_a_receipt(site: Site) -> None:
    paid = voucher("Sales", 1, -100_000, bills=[bill("A/1", -100_000, "New Ref")], other="Sales")
    paid["entries"] += [
        {"ledger": "Om Traders", "paise": 30_000, "bills": [on_account(30_000)]},
        {"ledger": "HDFC Bank", "paise": -30_000},
    ]
    later = voucher("Receipt", 4, 1_000, on="20261030")
    site.sync(company(paid, later))
    back = voucher("Journal", 3, -30_000, on="20261025")
    for vouchers, is_bounced in (((paid, back, later), True), ((paid, later), None)):
        [payment], findings = site.sync(company(*vouchers))
        assert (payment["table"], payment.get("is_bounced"), findings) == ("payments", is_bounced, [])


def test_what_a_credit_note_charges_is_taken_off_and_no_more_than_it_returns(site: Site) -> None:
    note = voucher("Credit Note", 2, 20_000, other="Sales")
    note["entries"].append({"ledger": "Om Traders", "paise": -5_000, "bills": [on_account(-5_000)]})
    charging = voucher("Credit Note", 3, -20_000, other="Sales")
    sent, findings = site.sync(company(SALE, note, charging))
    assert [record["amount_inr"] for record in sent if record["table"] == "returns"] == [Decimal("150.00")]
    assert [(finding.rule, finding.key) for finding in findings] == [("credit_note_charges", charging["guid"])]
