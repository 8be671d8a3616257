"""Histories of a company in SAP Business One: changes, crashes, either protocol; after every sync the ledger to the
paisa."""

import contextlib
import copy
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from altscore_connector.catching_up import catch_up, findings_of, finish
from altscore_connector.sap_b1.mapping import place_of
from altscore_connector.sap_b1.reader import read_sap_b1
from altscore_connector.sap_b1.service_layer import Access, ServiceLayer
from altscore_connector.summary import DONE, INCOMPLETE, Summary
from altscore_connector.sync import deliver, send_queued
from simulators_sap_b1.changes import apply_change, load_company
from simulators_sap_b1.ledger import BadChangeError
from simulators_sap_b1.oracle import truth
from simulators_sap_b1.service import Reply, Request, Service
from simulators_sap_b1.sessions import Sessions

from ledger_histories.counts import Counts
from ledger_histories.crashes import Crash, Crashes, FrailState
from ledger_histories.memories import Memories
from ledger_histories.receiver import DAY, IDENTITY, Receiver

TODAY = date(2026, 8, 31)
ACCESS = Access(url="https://127.0.0.1:50000", company_db="SBOHISTORY", user="altscore", password="a-password")
PARTNERS = ("C00002", "C00003", "C00004")
_DAYS = ("2026-05-09", "2026-07-09", "2026-08-30", "2026-08-31")
_KINDS = ("invoice", "invoice", "credit_note")
_FIRST_ENTRY = {"invoice": 1001, "credit_note": 1001, "payment": 501}


class ServiceTransport(httpx.BaseTransport):
    """Carries requests to a service in this process."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The service's answer."""
        target, headers = request.url.raw_path.decode(), dict(request.headers)
        return response_of(self._service.answer(Request(request.method, target, headers, request.read())))


def response_of(reply: Reply) -> httpx.Response:
    """The service's answer as a client sees it."""
    headers = [*reply.headers, ("Content-Type", reply.content_type)]
    return httpx.Response(reply.status, headers=headers, content=reply.body)


class LayerInProcess(ServiceLayer):
    """Asks a service in this process: the same questions and answers, without HTTP and with one session."""

    def __init__(self, access: Access, service: Service) -> None:
        self._access, self._service, self._cookies = access, service, ""

    def _login(self) -> None:
        access = self._access
        body = {"CompanyDB": access.company_db, "UserName": access.user, "Password": access.password}
        reply = self._answer("POST", "Login", body=json.dumps(body).encode())
        self._cookies = "; ".join(value.split(";")[0] for name, value in reply.headers if name == "Set-Cookie")

    def __exit__(self, *_: object) -> None:
        """Logs out."""
        self._answer("POST", "Logout")

    def _ask(self, method: str, name: str, options: Mapping[str, str], *, headers: Mapping[str, str]) -> httpx.Response:
        reply = self._answer(method, f"{name}?{query_text(tuple(options.items()))}", prefer=headers.get("Prefer", ""))
        assert reply.status == 200, reply
        return response_of(reply)

    def _answer(self, method: str, name: str, *, prefer: str = "", body: bytes = b"") -> Reply:
        target, headers = f"/b1s/{self._access.version}/{name}", {"prefer": prefer, "cookie": self._cookies}
        return self._service.answer(Request(method, target, headers, body))


@lru_cache(maxsize=1024)
def query_text(options: tuple[tuple[str, str], ...]) -> str:
    """The query of an address; a history asks the same few hundreds of times."""
    return urlencode(options, quote_via=quote)


def random_change(rng: random.Random) -> dict[str, Any]:
    """What somebody does in the company; it may be impossible, as the second cancellation of an invoice."""

    def amount() -> str:
        paise = rng.choice((1, 99, 100, rng.randrange(1, 10**6), rng.randrange(1, 10**9)))
        return format(Decimal(paise).scaleb(-2), ".2f")

    kind, partner, on = rng.choice(_KINDS), rng.choice(PARTNERS), rng.choice(_DAYS)
    entry = _FIRST_ENTRY[kind] + rng.randrange(8)
    payment = {"kind": "payment", "entry": _FIRST_ENTRY["payment"] + rng.randrange(6)}
    amounts = [amount() for _ in range(rng.randrange(4))]
    applied = [{"entry": _FIRST_ENTRY["invoice"] + rng.randrange(5), "amount": part} for part in amounts]
    cash = sum((Decimal(part) for part in amounts), Decimal(0))
    settled = {"applied": applied, "cash": format(cash, ".2f")}
    return rng.choice(
        (
            {"op": "add", "kind": kind, "partner": partner, "on": on, "amount": amount()},
            {"op": "add", "kind": kind, "partner": partner, "on": on, "amount": amount()},
            {"op": "change", "kind": kind, "entry": entry, "amount": amount(), "is_quiet": rng.random() < 0.5},
            {"op": "change", "kind": kind, "entry": entry, "on": on},
            {"op": "change", "kind": kind, "entry": entry, "partner": partner},
            {"op": "cancel", "kind": kind, "entry": entry},
            {"op": "add", "kind": "payment", "partner": partner, "on": on, "transfer": amount(), **settled},
            {"op": "change", **payment, "transfer": amount()},
            {"op": "change", **payment, **settled},
            {"op": "cancel", **payment},
            {"op": "reverse", **payment, "on": "2026-08-31"},
            {"op": "change", "kind": "partner", "code": partner, "name": f"Shop {rng.randrange(100)}"},
        )
    )


class History:
    """One history; everything in it follows from its number.

    Args:
        number: its number.
        memories: how often something becomes of the connector's memory, as in `Memories`.
    """

    def __init__(self, number: int, *, memories: float = 0.0) -> None:
        self.number, self.rng = number, random.Random(number)
        content = {"database": ACCESS.company_db, "user": ACCESS.user, "password": ACCESS.password}
        changes: list[dict[str, Any]] = []
        for code in PARTNERS:
            head = {"op": "add", "partner": code, "on": _DAYS[0]}
            changes.append({"op": "add", "kind": "partner", "code": code, "name": f"Shop {code}"})
            changes.append({**head, "kind": "invoice", "amount": "11800.00"})
            settled = [{"entry": _FIRST_ENTRY["invoice"], "amount": part} for part in ("100.00", "200.50")]
            changes.append({**head, "kind": "payment", "cash": "300.50", "transfer": "50.00", "applied": settled})
        self.service = Service(load_company({**content, "changes": changes}), Sessions(timeout_s=600, limit=2))
        self.access = replace(ACCESS, version=self.rng.choice(("v1", "v2")))
        self.is_over_httpx = number % 20 == 0
        self.crashes = Crashes(number)
        self.receiver, self.memories = Receiver(self.crashes.step), Memories(number, ratio=memories)
        self.done: list[Any] = []
        self.backup = copy.deepcopy(self.service.company)
        self.counts = Counts(histories=1)

    def run(self) -> Counts:
        """Changes and syncs, now and then with a crash.

        Raises:
            AssertionError: the receiver does not hold the ledger, and nothing names the difference.
        """
        for _ in range(self.rng.randrange(1, 5)):
            for _ in range(self.rng.randrange(9)):
                self.change()
            self.lose_memory()
            self.crashes.arm()
            try:
                self.sync()
            except Crash:
                self.done.append("crash")
                self.counts.crashes += 1
                if self.rng.random() < 0.5:
                    self.change()
            self.crashes.disarm()
            self.lose_memory()
            self.compare(self.sync())
        assert self.sync().submitted == 0, (self.number, self.done)
        self.memories.close()
        return self.counts

    def change(self) -> None:
        """One change, where the company allows it; now and then a backup is made or put back.

        With the backup UpdateDate goes back, keys are given out again, and so are times where the clock went back too.
        """
        if (choice := self.rng.random()) < 0.08:
            self.backup = copy.deepcopy(self.service.company)
        elif choice < 0.13:
            self.restore()
            return
        change = random_change(self.rng)
        with contextlib.suppress(BadChangeError):
            apply_change(self.service.company, change)
            self.done.append(change)
            self.counts.edits += 1

    def restore(self) -> None:
        """The backup is put back."""
        now = self.service.company.now
        self.service.company = copy.deepcopy(self.backup)
        self.service.company.now = self.rng.choice((now, self.backup.now))
        self.done.append("restore")
        self.counts.edits += 1

    def lose_memory(self) -> None:
        """Now and then the connector's memory is another one, sometimes together with a backup of the company."""
        if kind := self.memories.happen():
            self.memories.take_over(self.receiver)
            if self.rng.random() < 0.5:
                self.restore()
            self.done.append(f"memory {kind}")
            self.counts.memories += 1

    def sync(self) -> Summary:
        """Asks what was accepted, sends what waits, reads and delivers."""
        self.counts.syncs += 1
        state: Any = FrailState(self.memories.state, self.crashes)
        summary = Summary("dist_x", "sap_b1")
        placed = partial(place_of, company_db=ACCESS.company_db)
        sender = catch_up(self.receiver, state, placed, distributor_id="dist_x")
        summary.findings += findings_of(state)
        send_queued(sender, state, summary=summary, progress=_silent)
        months = self.memories.state.known_months()
        reading = read_sap_b1(self.access, today=TODAY, known_months=months, connect=self._connect)
        assert deliver(reading, sender, state, summary=summary, progress=_silent)
        finish(sender, state)
        return summary

    def _connect(self, access: Access) -> ServiceLayer:
        if self.is_over_httpx:
            return ServiceLayer(access, transport=ServiceTransport(self.service))
        return LayerInProcess(access, self.service)

    def compare(self, summary: Summary) -> None:
        """What lives is the ledger, and the company's own totals agree."""
        where = (self.number, self.done)
        named = [finding for finding in summary.findings if finding.kind != "note"]
        self.counts.named += len(named)
        try:
            unmatched = sum(1 for finding in named if finding.rule == "reversal_without_receipt")
            assert_the_truth(self.receiver, truth(self.service.company), unmatched=unmatched)
        except AssertionError as error:
            error.add_note(f"{where}, {named}")
            raise
        assert summary.agrees_with_erp is not False, (summary.as_json()["disagreements"], where)
        assert summary.exit_status == (INCOMPLETE if named else DONE), where


def assert_the_truth(receiver: Receiver, oracle: Any, *, unmatched: int = 0) -> None:
    """Live records are the oracle's ledger to the paisa; as many reversals as are named may be missing, and no more."""
    for table, kind in (("invoices", 13), ("returns", 14)):
        expected = {
            f"{kind}-{row['entry']}": (row["partner"], Decimal(row["amount_inr"]), row["on"])
            for row in oracle[table]
            if not row["is_cancelled"]
        }
        identity, day = IDENTITY[table], DAY[table]
        assert {
            row[identity]: (row["retailer_ref"], row["amount_inr"], row[day]) for row in receiver.live(table)
        } == expected
    sums: dict[str, Decimal] = {}
    bounced: dict[str, str | None] = {}
    for row in receiver.live("payments"):
        sums[row["payment_id"]] = sums.get(row["payment_id"], Decimal(0)) + row["amount_paid_inr"]
        bounced[row["payment_id"]] = row.get("bounced_on")
    payments = {f"24-{row['entry']}": row for row in oracle["payments"] if not row["is_cancelled"]}
    assert sums == {key: Decimal(row["amount_inr"]) for key, row in payments.items()}
    missing = [key for key, row in payments.items() if bounced[key] != row["bounced_on"]]
    assert len(missing) <= unmatched
    assert all(bounced[key] is None for key in missing)


def _silent(*_arguments: object) -> None:
    """No line per batch."""


def play(number: int, _folder: Path) -> Counts:
    """Plays one history in this process."""
    return History(number).run()


def play_memories(number: int, _folder: Path) -> Counts:
    """Plays one history in which the connector's memory is put back, lost, or left on another machine."""
    return History(number, memories=0.4).run()
