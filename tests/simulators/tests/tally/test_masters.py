"""What is left of a debtor whose fields are not as they should be: all that can be used."""

from typing import Any

from .one_shop import GUID, SALE, SHOP, Site, bill, company, rules, voucher

GSTIN = "27AAPFU0939F1ZV"


def debtor(number: int, **fields: Any) -> dict[str, Any]:
    return {"name": f"Shop {number}", "parent": "Sundry Debtors", "guid": f"{GUID}-9{number}", "alter_id": 2, **fields}


def test_a_bad_field_of_a_debtor_is_left_out_and_the_record_stays(site: Site) -> None:
    ledgers = [
        debtor(1, mobile="9876543210 / 9123456789 / 022-26543210", gstin=GSTIN),
        debtor(2, mobile="9876500000", gstin=f"{GSTIN} (Regd. w.e.f. 01-07-2017)"),
        debtor(3, name="Shiv Dairy\r\nNashik Road", mobile="9876511111"),
        debtor(4, mobile="-", phone="9876522222", gstin="URP", reg_gstin=GSTIN),
        debtor(5, mobile="022-26543210", gstin="applied for"),
        debtor(6, name="L" * 300, phone="ask the boy"),
    ]
    reading = site.read(company(SALE, ledgers=ledgers))
    shown = [
        tuple(item.record.get(name) for name in ("shop_name", "gst", "phone"))
        for item in reading.items
        if item.table == "retailers"
    ]
    assert shown[-6:] == [
        ("Shop 1", GSTIN, "919876543210"),
        ("Shop 2", GSTIN, "919876500000"),
        ("Shiv Dairy Nashik Road", None, "919876511111"),
        ("Shop 4", GSTIN, "919876522222"),
        ("Shop 5", None, None),
        ("L" * 200, None, None),
    ]
    assert [(finding.kind, finding.rule, finding.key) for finding in reading.findings] == [
        ("note", "gstin_unreadable", f"{GUID}-95"),
        ("note", "phone_is_landline", f"{GUID}-95"),
        ("note", "phone_unreadable", f"{GUID}-96"),
    ]


def test_of_many_bad_fields_the_first_are_named_and_all_are_counted(site: Site) -> None:
    ledgers = [debtor(number, mobile="none of your business") for number in range(30)]
    reading = site.read(company(SALE, ledgers=ledgers))
    assert (len(rules(reading.findings)), reading.notes["phone_unreadable"]) == (20, 30)


def test_a_long_name_of_a_bill_costs_neither_the_bill_nor_its_payment(site: Site) -> None:
    names = [f"{'Bill of the Diwali offer ' * 3}{number}" for number in (1, 2)]
    bills = [bill(names[0], -100_000, "New Ref"), bill(names[1], -400_000, "New Ref")]
    sale = voucher("Sales", 1, -500_000, bills=bills, other="Sales")
    sent, findings = site.sync(company(sale, voucher("Receipt", 2, 400_000, bills=[bill(names[1], 400_000)])))
    references = [record["bill_ref"] for record in sent]
    assert [len(reference) for reference in references] == [64] * 3
    assert (references[0] != references[1], references[1] == references[2], findings) == (True, True, [])


def test_money_of_a_name_that_two_ledgers_share_goes_to_neither(site: Site) -> None:
    twin = debtor(1, name="Om Traders")
    of_another = voucher("Receipt", 2, 100)
    of_another["entries"][0]["ledger"] = "Shop 2"
    sent, findings = site.sync(company(SALE, of_another, ledgers=[twin, debtor(2)]))
    assert [(record["table"], record["retailer_ref"]) for record in sent] == [("payments", f"{GUID}-92")]
    assert [(*rule, finding.key) for rule, finding in zip(rules(findings), findings, strict=True)] == [
        ("set_aside", "ledger_unknown", SALE["guid"])
    ]
    sent, findings = site.sync(company(SALE, of_another, ledgers=[{**twin, "name": "Shop 1"}, debtor(2)]))
    assert ([record["retailer_ref"] for record in sent], findings) == ([SHOP], [])
