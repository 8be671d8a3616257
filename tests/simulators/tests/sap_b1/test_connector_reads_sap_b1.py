"""The connector reads SAP Business One from the simulator: after any changes the right money, or a named reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.config import SapB1Config
from altscore_connector.records import Reading
from altscore_connector.sap_b1.errors import SapB1Error, SapB1LoginError, SapB1UnreachableError
from altscore_connector.sap_b1.reader import read_sap_b1
from altscore_connector.sap_b1.service_layer import Access, ServiceLayer
from altscore_connector.sap_b1.source import SapB1Source
from altscore_connector.state import State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver
from altscore_libs.testing_postgres import HANG_S
from ledger_histories.receiver import Receiver
from ledger_histories.sap_b1 import assert_the_truth

from .conftest import GSTINS, LOGIN, Simulator, Start, company

TODAY = date(2026, 8, 31)


@dataclass
class Site:
    """A distributor's site: the connector's source, its memory, and who receives."""

    simulator: Simulator
    access: Access
    receiver: Receiver = field(default_factory=Receiver)
    state: State = field(default_factory=lambda: State(":memory:"))
    waits: list[float] = field(default_factory=list)

    def read(self, **settings: Any) -> Reading:
        """One reading."""
        access = replace(self.access, **settings)
        return read_sap_b1(
            access,
            today=TODAY,
            known_months=self.state.known_months(),
            connect=lambda chosen: ServiceLayer(chosen, sleep=self.waits.append),
        )

    def sync(self) -> Summary:
        """One reading, delivered."""
        summary = Summary("dist_x", "sap_b1")
        assert deliver(self.read(), self.receiver, self.state, summary=summary, progress=lambda _line: None)
        return summary

    def requests(self) -> list[str]:
        """What the Service Layer was asked so far."""
        asked: list[str] = self.simulator.control.get("/_control/state").json()["requests"]
        return asked


@contextmanager
def running(start: Start, ca_file: Path, *arguments: str) -> Iterator[Site]:
    """A site with a simulator of its own."""
    with start(*arguments) as simulator:
        access = Access(
            url=str(simulator.layer.base_url).rstrip("/"),
            company_db=LOGIN["CompanyDB"],
            user=LOGIN["UserName"],
            password=LOGIN["Password"],
            ca_file=ca_file,
            timeout_s=HANG_S,
        )
        yield Site(simulator=simulator, access=access)


@pytest.fixture
def site(start: Start, certificate: tuple[Path, Path]) -> Iterator[Site]:
    """A site."""
    with running(start, certificate[0]) as a_site:
        yield a_site


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_whole_company_is_read_to_the_paisa(site: Site, version: str) -> None:
    site.access = replace(site.access, version=version)
    summary = site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())
    assert summary.findings == []
    assert all(comparison.agrees for comparison in summary.comparisons)
    assert summary.comparisons
    partner = {row["retailer_ref"]: row for row in site.receiver.live("retailers")}["C00002"]
    assert (partner["gst"], partner["phone"]) == (GSTINS[0], "919000000000")
    lines = [(row.get("invoice_id"), row["amount_paid_inr"]) for row in site.receiver.live("payments")]
    assert lines == [("13-1001", Decimal("11800.0")), ("13-1003", Decimal("500.0"))]
    assert site.sync().submitted == 0


def test_only_the_fields_that_are_needed_are_asked_for(site: Site) -> None:
    site.sync()
    asked = [line for line in site.requests() if line.startswith("GET") and "$count" not in line]
    assert len(asked) > 5
    assert all("%24select=" in line or "$select=" in line for line in asked)
    assert not any("FreeText" in line or "Comments" in line or "Remarks" in line for line in asked)


def test_the_gstin_of_the_default_billing_address_counts(site: Site) -> None:
    billing = {"AddressType": "bo_BillTo"}
    site.simulator.change(
        {
            "op": "change",
            "kind": "partner",
            "code": "C00002",
            "fields": {"BilltoDefault": "Second", "FederalTaxID": "not a GSTIN"},
            "addresses": [
                {"AddressName": "First", "GSTIN": GSTINS[0], **billing},
                {"AddressName": "Second", "GSTIN": GSTINS[1], **billing},
            ],
        }
    )
    summary = site.sync()
    assert {row["retailer_ref"]: row.get("gst") for row in site.receiver.live("retailers")}["C00002"] == GSTINS[1]
    assert summary.notes["partners_with_several_gstins"] == 1


def test_many_pages_are_read_while_rows_appear(site: Site) -> None:
    added = {"op": "add", "kind": "invoice", "partner": "C00003", "on": "2026-07-10", "amount": "100.00"}
    site.simulator.change(*[added] * 1_030)
    late = added | {"on": "2026-06-01", "entry": 900}
    site.simulator.fault("change_after", path="Invoices?", changes=[late, added])
    site.sync()
    assert len(site.receiver.live("invoices")) >= 1_035
    site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())


def test_a_netted_credit_note_is_counted_once(site: Site) -> None:
    site.simulator.change(
        {"op": "add", "kind": "credit_note", "partner": "C00003", "on": "2026-07-06", "amount": "100.00"},
        {
            "op": "add",
            "kind": "payment",
            "partner": "C00003",
            "on": "2026-08-13",
            "cash": "900.00",
            "applied": [
                {"entry": 1002, "amount": "1000.00"},
                {"kind": "credit_note", "entry": 81, "amount": "-100.00"},
            ],
        },
    )
    site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())
    [line] = [row for row in site.receiver.live("payments") if row["payment_id"] == "24-502"]
    assert (line["invoice_id"], line["amount_paid_inr"]) == ("13-1002", 900)
    [credit_note] = site.receiver.live("returns")
    assert (credit_note["invoice_id"], credit_note["amount_inr"]) == ("13-1002", 100)


def test_a_month_of_which_nothing_is_left_is_told_as_zero(site: Site) -> None:
    site.simulator.change({"op": "add", "kind": "invoice", "partner": "C00003", "on": "2026-05-06", "amount": "1.00"})
    site.sync()
    site.simulator.change({"op": "cancel", "kind": "invoice", "entry": 1005, "on": "2026-05-07"})
    comparisons = site.sync().comparisons
    told = {(part.erp.table, part.erp.month): part.erp.count for part in comparisons}
    assert told["invoices", "2026-05"] == 0
    assert all(part.agrees for part in comparisons)


def test_a_returned_cheque_by_posting_undoes_the_payment(site: Site) -> None:
    site.sync()
    site.simulator.change({"op": "reverse", "kind": "payment", "entry": 501, "on": "2026-08-05"})
    summary = site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())
    assert summary.findings == []
    assert {row["is_bounced"] for row in site.receiver.live("payments")} == {True}


def test_a_cancelled_payment_is_withdrawn_and_its_own_posting_is_no_finding(site: Site) -> None:
    site.sync()
    site.simulator.change({"op": "cancel", "kind": "payment", "entry": 501, "on": "2026-08-04"})
    summary = site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())
    assert site.receiver.live("payments") == []
    assert summary.findings == []


def test_a_posting_that_fits_no_payment_is_named(site: Site) -> None:
    posting = {"op": "add", "kind": "posting", "partner": "C00002", "on": "2026-08-05", "amount": "12300.00"}
    site.simulator.change(posting | {"reference": "something"}, posting | {"is_debit": False})
    rules = [(finding.kind, finding.rule, finding.key) for finding in site.sync().findings]
    assert rules == [
        ("set_aside", "reversal_without_receipt", "30-9001"),
        ("set_aside", "sap_posting_credits_customer", "30-9002"),
    ]


def test_later_days_wait_and_unreadable_documents_are_named_and_stop_nothing(site: Site) -> None:
    added = {"kind": "invoice", "op": "add", "partner": "C00002", "on": "2026-07-10"}
    site.simulator.change(
        added | {"amount": "0.00", "currency": "USD", "foreign_amount": "50.00"},
        added | {"amount": "10.00", "on": "2026-12-01"},
        {
            "op": "add",
            "kind": "payment",
            "partner": "C00002",
            "on": "2026-08-01",
            "cheques": [{"number": 1, "due_on": "2026-09-30", "amount": "5.00"}],
        },
        {
            "op": "add",
            "kind": "payment",
            "partner": "C00002",
            "on": "2026-08-01",
            "cash": "5.00",
            "applied": [{"entry": 1003, "amount": "6.00"}],
        },
        added | {"amount": "77.00"},
    )
    summary = site.sync()
    assert sorted((finding.kind, finding.rule, finding.key) for finding in summary.findings) == [
        ("held", "post_dated", "13-1006"),
        ("held", "post_dated", "24-502"),
        ("set_aside", "sap_amount_unreadable", "13-1005"),
        ("set_aside", "sap_payment_does_not_add_up", "24-503"),
    ]
    assert "13-1007" in {row["invoice_id"] for row in site.receiver.live("invoices")}


def test_a_session_that_ends_is_opened_once_more_with_its_node(site: Site) -> None:
    site.simulator.fault("expired_session", path="Invoices?")
    site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())
    assert site.simulator.control.get("/_control/state").json()["logins"] == 2
    site.simulator.fault("expired_session", path="Invoices?", times=2)
    with pytest.raises(SapB1Error, match="status 401, code 301"):
        site.read()


def test_a_reading_ends_its_session(site: Site) -> None:
    site.sync()
    assert site.simulator.control.get("/_control/state").json()["sessions"] == 0


def test_a_wrong_password_is_tried_once(site: Site) -> None:
    with pytest.raises(SapB1LoginError):
        site.read(password="wrong")
    assert site.waits == []
    assert [line for line in site.requests() if "Login" in line] == ["POST /b1s/v1/Login"]


@pytest.mark.parametrize("kind", ["proxy_502", "proxy_503", "busy", "cut"])
def test_a_passing_failure_is_tried_again(site: Site, kind: str) -> None:
    site.simulator.fault(kind, path="Invoices?")
    site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())
    assert site.waits == [1.0]
    site.simulator.fault(kind, path="Invoices?", times=3)
    with pytest.raises(SapB1UnreachableError):
        site.read()


def test_a_service_that_hangs_is_left(site: Site) -> None:
    site.simulator.fault("hang", path="Invoices?", times=3)
    with pytest.raises(SapB1UnreachableError, match="ReadTimeout"):
        site.read(timeout_s=0.2)
    site.simulator.control.delete("/_control/faults")


@pytest.mark.parametrize("kind", ["login_page", "wrong_content_type"])
def test_an_answer_that_is_not_declared_as_json_is_none(site: Site, kind: str) -> None:
    site.simulator.fault(kind, path="Invoices?")
    with pytest.raises(SapB1Error, match="not declared as JSON"):
        site.read()


def test_a_link_to_another_host_is_not_followed(site: Site) -> None:
    added = {"op": "add", "kind": "invoice", "partner": "C00003", "on": "2026-07-10", "amount": "100.00"}
    site.simulator.change(*[added] * 600)
    site.simulator.fault("foreign_next_link", path="Invoices?")
    site.sync()
    assert_the_truth(site.receiver, site.simulator.oracle())


def test_a_company_in_another_currency_is_not_read(site: Site) -> None:
    site.simulator.control.post("/_control/company", json=company() | {"currency": "EUR"})
    with pytest.raises(SapB1Error, match="currency is not INR"):
        site.read()


def test_the_configured_company_is_read_from_its_first_day_on(site: Site, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(LOGIN["Password"] + "\n", encoding="utf-8")
    password.chmod(0o600)
    config = SapB1Config(
        url=site.access.url,
        company_db=site.access.company_db,
        user=site.access.user,
        password_file=password,
        ca_file=site.access.ca_file,
        history_from=date(2026, 7, 4),
    )
    reading = SapB1Source(config, site.state, today=lambda: TODAY).read()
    assert [item.key for item in reading.items if item.table == "invoices"] == ["13-1003", "13-1004"]
    # The bill from before the first day is named and settles nothing of ours.
    lines = [
        (item.record.get("invoice_id"), item.record.get("bill_ref"))
        for item in reading.items
        if item.table == "payments"
    ]
    assert lines == [(None, "it_Invoice 1001"), ("13-1003", None)]
    assert {period.from_on for period in reading.complete} == {date(2026, 7, 4)}


def test_a_certificate_of_another_authority_is_refused(site: Site) -> None:
    with pytest.raises(SapB1UnreachableError, match="ConnectError"):
        site.read(ca_file=None)
