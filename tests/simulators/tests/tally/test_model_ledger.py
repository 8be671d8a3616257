"""Any history of edits, any crash: what the receiver holds is the ledger, to the paisa, after every sync."""

import json
import os
import random
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from altscore_connector.client import Receipt
from altscore_connector.config import TallyConfig
from altscore_connector.errors import TallyError
from altscore_connector.state import State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver, send_queued
from altscore_connector.tally.reader import open_port, read_tally
from altscore_connector.tally.wire import TallyPort
from simulators_tally.edited import EditedCompany, Truth
from simulators_tally.questions import decode
from simulators_tally.server import Tally, encode

HISTORIES = int(os.environ.get("ALTSCORE_LEDGER_HISTORIES", "200"))
PER_TEST = 5
SYNCS = 5
TABLES = ("invoices", "payments", "returns")
AMOUNT = {"invoices": "amount_inr", "payments": "amount_paid_inr", "returns": "amount_inr"}
DAY = {"invoices": "invoice_date", "payments": "paid_date", "returns": "return_date"}
IDENTITY = {"invoices": ("invoice_id",), "payments": ("payment_id", "line_no"), "returns": ("return_id",)}


class Crash(BaseException):
    """The process died."""


class Crashes:
    """Dies at a random step, at most once per sync."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._left = -1

    def arm(self) -> None:
        """Chooses the step at which the next sync dies; often none."""
        self._left = self._random.randint(0, 24) if self._random.random() < 0.6 else -1

    def disarm(self) -> None:
        self._left = -1

    def step(self) -> None:
        """A point at which a process may die."""
        if self._left == 0:
            self._left = -1
            raise Crash
        self._left -= self._left > 0


class FrailState:
    """A state whose process may die before and after every call that writes or reads the queue."""

    def __init__(self, state: State, crashes: Crashes) -> None:
        self._state, self._crashes = state, crashes

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._state, name)
        if name not in {"enqueue", "queued", "acknowledge", "drop", "next_sequence"}:
            return value

        def call(*arguments: Any) -> Any:
            self._crashes.step()
            result = value(*arguments)
            self._crashes.step()
            return result

        return call


class Receiver:
    """The receiver's rules: a known id is answered with its first result; newest by source order, then sequence."""

    def __init__(self, crashes: Crashes) -> None:
        self._crashes = crashes
        self.bodies: dict[str, bytes] = {}
        self.newest: dict[str, dict[tuple[Any, ...], tuple[tuple[int, int], dict[str, Any]]]] = {
            table: {} for table in TABLES
        }
        self.retailers: dict[str, str] = {}
        self.sequence = 0

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:
        self._crashes.step()
        payload = json.loads(body, parse_float=Decimal)
        count = sum(len(payload[table]) for table in ("retailers", *TABLES))
        was_known = batch_id in self.bodies
        assert self.bodies.setdefault(batch_id, body) == body, "one id, one content"
        if not was_known:
            assert payload["sequence"] > self.sequence
            self.sequence = payload["sequence"]
            self._keep(payload)
        self._crashes.step()
        return Receipt(batch_id, submitted=count, accepted=count, quarantined=0, duplicate=0, was_known=was_known)

    def _keep(self, payload: dict[str, Any]) -> None:
        self.retailers |= {record["retailer_ref"]: record["shop_name"] for record in payload["retailers"]}
        for table in TABLES:
            for record in payload[table]:
                key = tuple(record[name] for name in IDENTITY[table])
                rank = (record["source_order"], payload["sequence"])
                if key not in self.newest[table] or rank > self.newest[table][key][0]:
                    self.newest[table][key] = (rank, record)

    def live(self, table: str) -> list[dict[str, Any]]:
        return [record for _, record in self.newest[table].values() if not record.get("is_cancelled")]


def _silent(*_arguments: Any) -> None:
    """No line per request."""


class TallyTransport(httpx.BaseTransport):
    """Carries requests to a Tally in this process."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The simulator's answer."""
        text, is_wide = decode(request.read(), request.headers["content-type"])
        content = encode(self._tally.reply(text), is_wide=is_wide)
        charset = "utf-16" if is_wide else "utf-8"
        return httpx.Response(200, headers={"Content-Type": f"text/xml; charset={charset}"}, content=content)


class History:
    """One seeded history: edits, syncs, crashes."""

    def __init__(self, seed: int, url: str, tally: Tally) -> None:
        self.seed, self.url, self.tally = seed, url, tally
        self.ledger = EditedCompany(seed, date(2026, 9, 10))
        self.crashes = Crashes(seed)
        self.receiver = Receiver(self.crashes)
        self.state = State(":memory:")
        self.done: list[str] = []

    def run(self) -> None:
        for _ in range(SYNCS):
            for _ in range(self.ledger.random.randint(0, 6)):
                self.done.append(self.ledger.edit())
            self.crashes.arm()
            self.edit_while_reading()
            try:
                self.sync()
                self.done.append("sync")
            except (Crash, TallyError):
                self.done.append("crash")
                if self.ledger.random.random() < 0.5:
                    self.done.append(self.ledger.edit())
            self.crashes.disarm()
            self.tally.before_answer = _silent
            summary = self.sync()
            self.compare(summary)
            again = self.sync()
            assert again.submitted == 0, (self.seed, self.done)

    def edit_while_reading(self) -> None:
        """Now and then somebody works in Tally between two questions of the connector."""
        left = self.ledger.random.randint(1, 9) if self.ledger.random.random() < 0.3 else 0

        def edit() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.done.append(f"{self.ledger.edit()} while reading")
                self.tally.open_only(self.ledger.company())

        self.tally.before_answer = edit

    def sync(self) -> Summary:
        self.tally.open_only(self.ledger.company())
        state: Any = FrailState(self.state, self.crashes)
        summary = Summary("dist_x", "tally_prime")
        send_queued(self.receiver, state, summary=summary, progress=_silent)
        config = TallyConfig(self.url, ("Edited Traders",))
        connect = open_port if self.url else self.in_this_process
        reading = read_tally(config, self.state, today=lambda: self.ledger.today, connect=connect)
        deliver(reading, self.receiver, state, summary=summary, progress=_silent)
        return summary

    def in_this_process(self, _config: TallyConfig) -> TallyPort:
        return TallyPort("http://tally", transport=TallyTransport(self.tally))

    def compare(self, summary: Summary) -> None:
        truth, where = self.ledger.truth(), (self.seed, self.done)
        rules = {finding.rule for finding in summary.findings if finding.kind != "note"}
        assert rules <= {"post_dated", "reversal_without_receipt", "no_vouchers_left"}, where
        if "no_vouchers_left" in rules:
            assert not self.ledger.vouchers, where
            return
        assert self.receiver.retailers == self.ledger.parties, where
        for table in ("invoices", "returns"):
            assert self.lines(table) == truth.lines[table], (table, where)
        self.compare_payments(truth, is_named="reversal_without_receipt" in rules)
        disagreements = summary.as_json()["disagreements"]
        assert summary.agrees_with_erp is not False, (disagreements, where)
        assert summary.exit_status == (3 if rules else 0), where

    def lines(self, table: str) -> list[tuple[str, str, str, int, str]]:
        return sorted(
            (
                str(record[IDENTITY[table][0]]).split("#")[0],
                record["retailer_ref"],
                record[DAY[table]],
                int(record[AMOUNT[table]] * 100),
                record.get("bill_ref", ""),
            )
            for record in self.receiver.live(table)
        )

    def compare_payments(self, truth: Truth, *, is_named: bool) -> None:
        """Every receipt is there whole; what stands of a party is what came in less what was taken back."""
        where = (self.seed, self.done)

        def by_bill(lines: list[tuple[str, str, str, int, str]]) -> dict[tuple[str, ...], int]:
            sums: dict[tuple[str, ...], int] = {}
            for document, party, day, paise, bill in lines:
                sums[(document, party, day, bill)] = sums.get((document, party, day, bill), 0) + paise
            return sums

        assert by_bill(self.lines("payments")) == by_bill(truth.lines["payments"]), where
        for party in self.ledger.parties:
            came = sum(paise for _, owner, _, paise, _ in truth.lines["payments"] if owner == party)
            standing = sum(
                int(record["amount_paid_inr"] * 100)
                for record in self.receiver.live("payments")
                if record["retailer_ref"] == party and not record.get("is_bounced")
            )
            expected = came - truth.taken_back.get(party, 0)
            assert standing >= expected if is_named else standing == expected, (party, where)


@pytest.mark.timeout(600)  # two seconds of work, on a machine that may be busy with other things
@pytest.mark.parametrize("first", range(0, HISTORIES, PER_TEST))
def test_the_receiver_holds_the_ledger_after_every_sync(open_tally: tuple[str, Tally], first: int) -> None:
    url, companies = open_tally
    for seed in range(first, min(first + PER_TEST, HISTORIES)):
        # One in ten over a connection, which takes most of a history's time.
        History(seed, url if seed % 10 == 0 else "", companies).run()
