"""Readings of the Service Layer: options, pages, counts and the form of either version."""

import pytest

from .conftest import GSTINS, Simulator


def add_invoices(simulator: Simulator, count: int) -> None:
    """Adds open invoices."""
    added = {"op": "add", "kind": "invoice", "partner": "C00003", "on": "2026-07-10", "amount": "100.00"}
    simulator.change(*[added] * count)


@pytest.mark.parametrize(("version", "link"), [("v1", "odata.nextLink"), ("v2", "@odata.nextLink")])
def test_a_page_has_twenty_rows_and_a_relative_link(simulator: Simulator, version: str, link: str) -> None:
    add_invoices(simulator, 41)
    simulator.login(version)
    entries, target, pages = [], "Invoices?$select=DocEntry&$filter=DocTotal ge 100&$orderby=DocEntry", 0
    while target:
        content = simulator.read(target, version=version)
        entries += [row["DocEntry"] for row in content["value"]]
        assert len(content["value"]) <= 20
        target, pages = content.get(link, ""), pages + 1
        assert "://" not in target
    assert entries == list(range(1001, 1046))
    assert pages == 3


def test_the_caller_chooses_the_size_of_a_page_or_none(simulator: Simulator) -> None:
    add_invoices(simulator, 41)
    assert len(simulator.read("Invoices", Prefer="odata.maxpagesize=7")["value"]) == 7
    everything = simulator.read("Invoices", Prefer="odata.maxpagesize=0")
    assert len(everything["value"]) == 45
    assert "odata.nextLink" not in everything
    page = simulator.read("Invoices?$top=30&$skip=2&$orderby=DocEntry desc&$select=DocEntry")
    assert page["value"][0] == {"DocEntry": 1043}
    assert len(simulator.read(page["odata.nextLink"])["value"]) == 10


def test_a_count_is_a_number_or_stands_beside_the_page(simulator: Simulator) -> None:
    assert simulator.layer.get("/b1s/v1/Invoices/$count").text == "4"
    assert simulator.layer.get("/b1s/v1/Invoices/$count?$filter=DocEntry gt 1002").text == "2"
    assert simulator.read("Invoices?$inlinecount=allpages&$top=1")["odata.count"] == "4"
    simulator.login("v2")
    assert simulator.read("Invoices?$count=true&$top=1", version="v2")["@odata.count"] == 4


def test_dates_of_the_second_version_have_a_midnight(simulator: Simulator) -> None:
    fields = "Invoices?$select=DocDate,UpdateDate,UpdateTime,DocTotal&$top=1"
    assert simulator.read(fields)["value"] == [
        {"DocDate": "2026-07-02", "UpdateDate": "2026-08-01", "UpdateTime": "09:00:03", "DocTotal": 11800.0}
    ]
    simulator.login("v2")
    row = simulator.read(fields, version="v2")["value"][0]
    assert (row["DocDate"], row["UpdateTime"]) == ("2026-07-02T00:00:00Z", "09:00:03")


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("UpdateDate ge '2026-08-01'", [1001, 1002, 1003, 1004]),
        ("DocDate ge '2026-07-03' and DocDate lt '2026-07-05'", [1002, 1003]),
        ("DocCurrency eq 'USD' or DocTotal eq 5250.5", [1002, 1004]),
        ("not (CardCode eq 'C00002')", [1002, 1004]),
        ("UpdateDate ge datetime'2026-08-01T00:00:00' and DocEntry gt 1003", [1004]),
        ("DocDate eq 2026-07-04", [1003]),
    ],
)
def test_filters_choose(simulator: Simulator, text: str, entries: list[int]) -> None:
    content = simulator.read(f"Invoices?$select=DocEntry&$filter={text}")
    assert [row["DocEntry"] for row in content["value"]] == entries


@pytest.mark.parametrize(
    "target",
    [
        "Invoices?$select=Amount",
        "Invoices?$filter=Total eq 1",
        "Invoices?$filter=DocTotal eq '1'",
        "Invoices?$filter=DocTotal like 1",
        "Invoices?$filter=DocTotal eq",
        "Invoices?$orderby=DocEntry sideways",
        "Invoices?$top=many",
        # A payment does not tell when it was changed.
        "IncomingPayments?$filter=UpdateDate ge '2026-08-01'",
        "IncomingPayments?$select=DocEntry,UpdateDate",
    ],
)
def test_what_is_not_there_cannot_be_asked_for(simulator: Simulator, target: str) -> None:
    response = simulator.layer.get(f"/b1s/v1/{target}")
    assert response.status_code == 400
    assert response.json()["error"]["message"]["lang"] == "en-us"


def test_one_entity_has_its_key_and_a_missing_one_its_code(simulator: Simulator) -> None:
    assert simulator.read("Invoices(1002)")["DocTotal"] == 5250.5
    partner = simulator.read(
        "BusinessPartners('C00002')?$select=CardCode,BPAddresses,BPFiscalTaxIDCollection,EmailAddress"
    )
    assert set(partner) == {"CardCode", "BPAddresses", "BPFiscalTaxIDCollection", "EmailAddress"}
    assert tuple(address["GSTIN"] for address in partner["BPAddresses"]) == GSTINS
    assert partner["BPFiscalTaxIDCollection"][0]["TaxId0"] == "AAACZ0000A"
    missing = simulator.layer.get("/b1s/v1/Invoices(7)")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, -2028)
    assert simulator.layer.get("/b1s/v1/Secrets").status_code == 404


def test_the_company_tells_its_currency(simulator: Simulator) -> None:
    response = simulator.layer.post("/b1s/v1/CompanyService_GetAdminInfo")
    assert response.json()["LocalCurrency"] == "INR"
