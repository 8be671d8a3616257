"""Histories of a company in Tally: edits, crashes, edits while it is read; after every sync the ledger to the paisa."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from altscore_connector.catching_up import catch_up, findings_of, finish
from altscore_connector.config import TallyConfig
from altscore_connector.errors import TallyError
from altscore_connector.summary import DONE, INCOMPLETE, Summary
from altscore_connector.sync import deliver, send_queued
from altscore_connector.tally.memory import place_of
from altscore_connector.tally.reader import open_port, read_tally
from altscore_connector.tally.wire import TallyPort
from simulators_tally.edited import EditedCompany, Truth
from simulators_tally.server import Tally, encode

from ledger_histories.counts import Counts
from ledger_histories.crashes import Crash, Crashes, FrailState
from ledger_histories.memories import Memories
from ledger_histories.receiver import AMOUNT, DAY, IDENTITY, Receiver

SYNCS = 5
_PIECE = 997  # bytes, an odd number: characters and tags are torn
_RULES = frozenset({"post_dated", "reversal_without_receipt", "no_vouchers_left"})
_NO_EDITS = frozenset({"sync", "nothing", "Crash", "TallyError"})


def _silent(*_arguments: Any) -> None:
    """No line per request."""


class PortInProcess(TallyPort):
    """Asks a Tally in this process: the same questions, replies and parsers, without HTTP."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def close(self) -> None:
        """There is nothing to close."""

    def reply(self, request: str) -> tuple[Iterable[bytes], bool]:
        """As `TallyPort`, in UTF-16 and in pieces that end anywhere."""
        data = encode(self._tally.reply(request), is_wide=True)
        return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE)), True


class History:
    """One history; everything in it follows from its number.

    Args:
        seed: its number.
        tally: where the company is open.
        url: of that Tally's port, for a history over HTTP.
        works_on: as in `EditedCompany`.
        memories: how often something becomes of the connector's memory, as in `Memories`.
    """

    def __init__(
        self, seed: int, tally: Tally, *, url: str = "", works_on: bool = False, memories: float = 0.0
    ) -> None:
        self.seed, self.tally, self.url = seed, tally, url
        self.ledger = EditedCompany(seed, date(2026, 9, 10), works_on=works_on)
        self.crashes = Crashes(seed)
        self.memories = Memories(seed, ratio=memories)
        self.receiver = Receiver(self.crashes.step)
        self.done: list[str] = []
        self.counts = Counts(histories=1)

    def run(self) -> Counts:
        """Edits and syncs, now and then with a crash.

        Raises:
            AssertionError: the receiver does not hold the ledger, and nothing names the difference.
        """
        for _ in range(SYNCS):
            for _ in range(self.ledger.random.randint(0, 6)):
                self.done.append(self.ledger.edit())
            self.lose_memory()
            self.crashes.arm()
            self.edit_while_reading()
            try:
                self.sync()
                self.done.append("sync")
            except (Crash, TallyError) as end:
                self.done.append(type(end).__name__)
                self.counts.crashes += isinstance(end, Crash)
                if self.ledger.random.random() < 0.5:
                    self.done.append(self.ledger.edit())
            self.crashes.disarm()
            self.tally.before_answer = _silent
            self.lose_memory()
            summary = self.sync()
            self.compare(summary)
            again = self.sync()
            assert again.submitted == 0, (self.seed, self.done)
        self.memories.close()
        self.counts.edits = sum(1 for step in self.done if step not in _NO_EDITS and not step.startswith("memory "))
        return self.counts

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

    def lose_memory(self) -> None:
        """Now and then the connector's memory is another one, sometimes together with a backup of the ledger."""
        if kind := self.memories.happen():
            self.memories.take_over(self.receiver)
            if self.ledger.random.random() < 0.5:
                self.ledger.restore()
            self.done.append(f"memory {kind}")
            self.counts.memories += 1

    def sync(self) -> Summary:
        """Asks what was accepted, sends what waits, reads and delivers."""
        self.counts.syncs += 1
        self.tally.open_only(self.ledger.company())
        state: Any = FrailState(self.memories.state, self.crashes)
        summary = Summary("dist_x", "tally_prime")
        sender = catch_up(self.receiver, state, place_of, distributor_id="dist_x")
        summary.findings += findings_of(state)
        send_queued(sender, state, summary=summary, progress=_silent)
        config = TallyConfig(self.url, ("Edited Traders",))
        connect = open_port if self.url else self._in_process
        reading = read_tally(config, self.memories.state, today=lambda: self.ledger.today, connect=connect)
        deliver(reading, sender, state, summary=summary, progress=_silent)
        finish(sender, state)
        return summary

    def _in_process(self, _config: TallyConfig) -> TallyPort:
        return PortInProcess(self.tally)

    def compare(self, summary: Summary) -> None:
        """What lives is the ledger; what is not sent is named, and the exit status says so."""
        truth, where = self.ledger.truth(), (self.seed, self.done)
        rules = {finding.rule for finding in summary.findings if finding.kind != "note"}
        assert rules <= _RULES, where
        self.counts.named += sum(1 for finding in summary.findings if finding.kind != "note")
        if "no_vouchers_left" in rules:
            assert not self.ledger.vouchers, where
            assert summary.exit_status == INCOMPLETE, where
            return
        names = {ref: record["shop_name"] for ref, record in self.receiver.retailers.items()}
        elsewhere = self.ledger.elsewhere  # what was sent of them before stays
        assert {ref: name for ref, name in names.items() if ref not in elsewhere} == {
            ref: name for ref, name in self.ledger.parties.items() if ref not in elsewhere
        }, where
        for table in ("invoices", "returns"):
            assert self.lines(table) == truth.lines[table], (table, where)
        self.compare_payments(truth, is_named="reversal_without_receipt" in rules)
        disagreements = summary.as_json()["disagreements"]
        assert summary.agrees_with_erp is not False, (disagreements, where)
        assert summary.exit_status == (INCOMPLETE if rules else DONE), where

    def lines(self, table: str) -> list[tuple[str, str, str, int, str]]:
        """The live records of a table, as `Truth.lines`."""
        return sorted(
            (
                str(record[IDENTITY[table]]).split("#")[0],
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


def play(number: int, _folder: Path) -> Counts:
    """Plays one history in this process."""
    return History(number, Tally(None)).run()


def play_backups(number: int, _folder: Path) -> Counts:
    """Plays one history in which backups are put back often, and nobody waits for the connector then."""
    return History(number, Tally(None), works_on=True).run()


def play_memories(number: int, _folder: Path) -> Counts:
    """Plays one history in which the connector's memory is put back, lost, or left on another machine."""
    return History(number, Tally(None), works_on=True, memories=0.4).run()
