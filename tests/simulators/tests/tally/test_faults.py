"""Whatever Tally does wrong in the middle of a sync, nothing false is read, and the next sync is right."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from altscore_connector.errors import TallyError, TallyUnreachableError
from altscore_connector.records import Reading
from altscore_libs.testing_postgres import HANG_S
from simulators_tally.faults import KINDS, BadFaultError
from simulators_tally.generated import GeneratedCompany
from simulators_tally.server import Tally

from .one_shop import RECEIPT, SALE, Site, bill, company, rules, voucher

LATER = voucher("Receipt", 3, 100_000, bills=[bill("A/1", 100_000)], on="20261101")
VOUCHERS = "<TYPE>Voucher</TYPE>"
BEFORE, AFTER = (SALE, RECEIPT), (SALE, LATER)


@pytest.fixture
def faulty(site: Site) -> Iterator[Site]:
    """A site whose Tally does nothing wrong any more once the test is over."""
    yield site
    site.tally.faults.clear()


def requests_of(site: Site, ledger: GeneratedCompany) -> int:
    """How many questions a reading asks."""
    count = 0

    def one_more() -> None:
        nonlocal count
        count += 1

    site.tally.before_answer = one_more
    try:
        site.read(ledger)
    finally:
        site.tally.before_answer = lambda: None
    return count


def content_of(reading: Reading) -> Any:
    """What a reading would send, and what it says."""
    items = [(item.table, item.key, item.record) for item in reading.items]
    return items, sorted(reading.present), reading.complete, rules(reading.findings), reading.marks


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"dialog", "slow", "short"}))
def test_a_fault_at_any_question_ends_the_reading_and_the_next_one_is_right(faulty: Site, kind: str) -> None:
    faulty.sync(company(*BEFORE))
    ledger = company(*AFTER)
    right = content_of(faulty.read(ledger))
    for skip in range(requests_of(faulty, ledger)):
        faulty.tally.faults.add({"kind": kind, "skip": skip})
        with pytest.raises(TallyError):
            faulty.read(ledger)
        assert faulty.tally.faults.waiting() == []
        assert content_of(faulty.read(ledger)) == right
    sent, findings = faulty.sync(ledger)
    assert [(record["table"], record.get("is_cancelled", False)) for record in sent] == [
        ("payments", False),
        ("payments", True),
    ]
    assert findings == []


def test_a_census_that_breaks_off_withdraws_nothing_and_the_other_company_is_read(faulty: Site) -> None:
    other = company(SALE, name="Other & Co")
    faulty.tally.faults.add({"kind": "cut", "asks": "Other &amp; Co"})
    reading = faulty.read(company(*BEFORE), other, names=("Om & Co", "Other & Co"))
    assert [(f.kind, f.rule, f.file) for f in reading.findings] == [
        ("refused", "company_unreadable", "tally.companies[2]")
    ]
    assert reading.is_partial
    assert reading.erp_totals == []


MANY = [voucher("Receipt", number, 1_000, on="20261105") for number in range(10, 22)]


def test_a_list_of_vouchers_that_lacks_some_withdraws_none_of_them(faulty: Site) -> None:
    faulty.sync(company(*BEFORE, *MANY))
    ledger = company(*AFTER, *MANY)
    right = content_of(faulty.read(ledger))
    refused = 0
    for skip in range(requests_of(faulty, ledger)):
        faulty.tally.faults.add({"kind": "short", "skip": skip})
        try:
            reading = faulty.read(ledger)
        except TallyError as error:
            refused += "the list of vouchers was not whole" in str(error)
        else:
            assert content_of(reading) == right, f"question {skip + 1}"
    assert refused == 2, "the lists of sales and of receipts"
    assert content_of(faulty.read(ledger)) == right


def test_vouchers_that_are_gone_at_a_second_look_too_are_withdrawn(faulty: Site) -> None:
    faulty.sync(company(*BEFORE, *MANY))
    sent, findings = faulty.sync(company(*BEFORE, last_alter_id=21))
    assert [record["is_cancelled"] for record in sent] == [True] * len(MANY)
    assert findings == []


def test_an_open_dialog_costs_the_time_limit_and_not_the_ledger(faulty: Site) -> None:
    faulty.sync(company(*BEFORE))
    faulty.tally.faults.add({"kind": "dialog", "asks": VOUCHERS})
    with pytest.raises(TallyUnreachableError, match="ReadTimeout"):
        faulty.read(company(*AFTER), timeout_s=0.5)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{faulty.url}/status", timeout=0.2)
    faulty.tally.faults.clear()
    assert "Running" in httpx.get(f"{faulty.url}/status", timeout=HANG_S).text
    assert len(faulty.sync(company(*AFTER))[0]) == 2


def test_a_slow_answer_is_waited_for(faulty: Site) -> None:
    faulty.tally.faults.add({"kind": "slow", "delay_s": 0.3, "asks": VOUCHERS})
    assert len(faulty.sync(company(*BEFORE))[0]) == 2


@pytest.mark.parametrize("fault", [{"kind": "earthquake"}, {"kind": "slow", "delay": 1}, {}])
def test_an_unknown_fault_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(BadFaultError):
        Tally(None).faults.add(fault)


def test_the_process_takes_faults_on_its_control_port() -> None:
    command = [sys.executable, "-m", "simulators_tally", "--port", "0", "--control-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().split()
        url, control = f"http://{line[3].rstrip(',')}", f"http://{line[-1]}/_control/faults"
        assert httpx.post(control, json=[{"kind": "busy", "times": 2}, {"kind": "cut"}]).status_code == 200
        for body in (b"{", b"null", b'{"kind": "earthquake"}'):
            assert httpx.post(control, content=body).status_code == 400
        assert [fault["kind"] for fault in httpx.get(control).json()["faults"]] == ["busy", "cut"]
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(url, content=b"<ENVELOPE/>")
        assert httpx.delete(control).json() == {"faults": []}
        assert httpx.post(url, content=b"<ENVELOPE/>").status_code == 200
        process.terminate()
        assert process.wait(timeout=HANG_S) == 0
