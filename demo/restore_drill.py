"""`make drill-restore`: a backup under work, the loss of everything, a restore, on an instance of its own.

Prints what was lost (RPO), how long it took (RTO) and what was proven; ends with 1 when a claim does not hold.
"""

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from altscore_local.layout import ROOT, Layout, open_layout
from altscore_local.postgres import Postgres
from altscore_local.process import Supervisor

from demo.claims import Claims
from demo.context import Demo
from demo.steps.consent import simulator

INSTANCE = "var-drill"
OFFSET = 3_000
MARK_EVERY_S = 0.1
STATE = "SELECT retailer_id, lender_id, purpose, status, version FROM consent_state ORDER BY 1, 2, 3"
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
ACTIVE_IN_SCORE = "SELECT count(*) FROM consent_grant WHERE retailer_id = %s AND is_active"
HEADS = "SELECT chain, last_seq FROM audit_chain ORDER BY 1"
PRODUCERS = ("admin", "consent", "ingestion", "notification", "score", "scoring", "vault", "webhook")


class Drill(Claims):
    """One run.

    Args:
        keep: leave the instance running at the end.
        again: go on with the instance that an earlier run left.
    """

    def __init__(self, *, keep: bool, again: bool) -> None:
        super().__init__()
        offset = int(os.environ.get("ALTSCORE_PORT_OFFSET", "0")) + OFFSET
        self._environment = os.environ | {"ALTSCORE_VAR": INSTANCE, "ALTSCORE_PORT_OFFSET": str(offset)}
        self._keep, self._again = keep, again
        self.layout: Layout = open_layout(environ=self._environment)

    def stack(self, *arguments: str) -> float:
        """One command of the stack; seconds that it took.

        Raises:
            SystemExit: it failed.
        """
        begun = time.monotonic()
        command = [sys.executable, "deploy/local/stack.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False, timeout=900
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed\n{(done.stdout + done.stderr)[-4_000:]}")
        self.output = done.stdout
        return time.monotonic() - begun

    def run(self) -> int:
        """The whole drill; 0 when every claim held."""
        if not self._again:
            self._begin()
        demo = Demo(self.layout.var, "small")
        demo.recall()
        withdrawn = self._withdraw_unheard(demo)
        before, heads = self._rows(demo, "consent", STATE), self._rows(demo, "audit", HEADS)
        marks = Marks(demo)
        folder = self.layout.var / "backups" / "drill"
        shutil.rmtree(folder, ignore_errors=True)
        self.figure("backup, the stack serving", f"{self.stack('backup', str(folder)):.1f} s")
        self.figure("size of the backup", f"{folder_mib(folder)} MiB")
        self._withdraw(demo, count=2)
        lost = self._rows(demo, "consent", STATE)
        self.claim(
            "something happened after the backup", lost != before, f"{len(set(lost) - set(before))} consents changed"
        )
        disaster_at = self._destroy(marks)
        self.figure("restore, to the last health check (RTO)", f"{self.stack('restore', str(folder)):.1f} s")
        self._prove(demo, before=before, heads=heads, withdrawn=withdrawn)
        last_mark = marks.last_kept(demo)
        self.figure("age of the last change that survived (RPO)", f"{(disaster_at - last_mark).total_seconds():.1f} s")
        status = self.show()
        if not self._keep:
            self.stack("clean")
            shutil.rmtree(self.layout.var / "backups", ignore_errors=True)
        return status

    def _begin(self) -> None:
        self.stack("clean")
        seconds = self.stack("up", "--only", "services,simulators")
        self.figure("start of the stores, services and simulators", f"{seconds:.1f} s")
        self._work()

    def _work(self) -> None:
        """Two distributors, two lenders, ledgers and answers, as the demo makes them."""
        command = [sys.executable, "-m", "demo", "--var", str(self.layout.var), "--size", "small", "--until", "consent"]
        begun = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False, timeout=900
        )
        if done.returncode:
            raise SystemExit(f"the work could not be done\n{(done.stdout + done.stderr)[-4_000:]}")
        self.figure("onboarding, ledgers, consents", f"{time.monotonic() - begun:.1f} s")

    def _rows(self, demo: Demo, database: str, query: str) -> list[tuple[object, ...]]:
        with demo.superuser(database) as connection:
            return list(connection.execute(query.encode()).fetchall())

    def _withdraw_unheard(self, demo: Demo) -> str:
        """A retailer withdraws while score's worker is down: the event is sent, and only Kafka has it for score."""
        self.stack("stop", "score-worker")
        (retailer_id,) = self._withdraw(demo, count=1)
        demo.until("the withdrawal is sent", lambda: demo.count("consent", UNSENT) == 0, limit_s=30)
        if demo.count("score", ACTIVE_IN_SCORE, retailer_id) == 0:
            raise SystemExit("score heard of a withdrawal while its worker was down")
        return retailer_id

    def _withdraw(self, demo: Demo, *, count: int) -> list[str]:
        active = "SELECT DISTINCT retailer_id FROM consent_state WHERE status = 'active' ORDER BY 1"
        phones = demo.facts["phone_of"]
        done: list[str] = []
        for (retailer_id,) in self._rows(demo, "consent", active):
            if retailer_id not in phones or len(done) == count:
                continue
            simulator(demo).post("/sim/reply", json={"phone": phones[retailer_id], "text": "NAHI"})
            gone = "SELECT count(*) FROM consent_state WHERE retailer_id = %s AND status = 'active'"
            demo.until("consent heard NAHI", lambda: demo.count("consent", gone, retailer_id) == 0, limit_s=30)  # noqa: B023
            done.append(str(retailer_id))
        return done

    def _destroy(self, marks: "Marks") -> datetime:
        """Every process killed at once, every byte of state removed; the instant."""
        supervisor = Supervisor(self.layout)
        names = supervisor.names()
        for name in names:
            supervisor.send(name, 9)
        at = datetime.now(UTC)
        marks.stop()
        for name in names:
            supervisor.stop(name, timeout_s=5)
        home = Postgres(self.layout).home
        if not home.is_relative_to(self.layout.var):
            shutil.rmtree(home.parent)
        for folder in ("data", "secrets", "pki", "run"):
            shutil.rmtree(self.layout.var / folder)
        return at

    def _prove(
        self, demo: Demo, *, before: list[tuple[object, ...]], heads: list[tuple[object, ...]], withdrawn: str
    ) -> None:
        after = self._rows(demo, "consent", STATE)
        self.claim("consent holds exactly the state of the backup", after == before, f"{len(after)} consents")
        verdict = next(
            (line.strip() for line in self.output.splitlines() if line.strip().startswith("audit chain")), ""
        )
        self.claim(
            "the audit verifier finds every chain whole, beside its locked checkpoints",
            bool(verdict),
            verdict[12:].strip(),
        )
        now = {str(chain): int(str(seq)) for chain, seq in self._rows(demo, "audit", HEADS)}
        grown = all(now[str(chain)] >= int(str(seq)) for chain, seq in heads)
        self.claim("no audit entry of before the backup is missing", grown, now)
        demo.until(
            "events are sent again", lambda: all(demo.count(name, UNSENT) == 0 for name in PRODUCERS), limit_s=120
        )
        demo.until(
            "score hears the withdrawal", lambda: demo.count("score", ACTIVE_IN_SCORE, withdrawn) == 0, limit_s=60
        )
        self.claim("an event that only Kafka held arrives from its outbox", True, f"withdrawal of {withdrawn}")
        self._balance(demo)

    def _balance(self, demo: Demo) -> None:
        audited = "SELECT count(*) FROM outbox WHERE name = 'audit_event'"
        chained = "SELECT count(*) FROM audit_log WHERE action <> 'unreadable_event'"
        produced = sum(demo.count(name, audited) for name in PRODUCERS)

        def settled() -> bool:
            return bool(sum(demo.count(name, audited) for name in PRODUCERS) == demo.count("audit", chained))

        demo.until("every audit event is chained once", settled, limit_s=120)
        self.claim("produced = chained, nothing doubled by sending again", True, f"{produced} audit events")


class Marks:
    """A row every tenth of a second, committed until the end: the last that survives says what was lost."""

    def __init__(self, demo: Demo) -> None:
        self._stop = threading.Event()
        with demo.superuser("postgres") as connection:
            connection.execute("DROP TABLE IF EXISTS drill_mark")
            connection.execute("CREATE TABLE drill_mark (at timestamptz NOT NULL)")
        self._thread = threading.Thread(target=self._write, args=(demo.superuser("postgres"),), daemon=True)
        self._thread.start()

    def _write(self, connection: psycopg.Connection) -> None:
        while not self._stop.wait(MARK_EVERY_S):
            try:
                connection.execute("INSERT INTO drill_mark VALUES (clock_timestamp())")
            except psycopg.Error:
                return

    def stop(self) -> None:
        """No more rows."""
        self._stop.set()
        self._thread.join(timeout=5)

    @staticmethod
    def last_kept(demo: Demo) -> datetime:
        """The newest mark in the database."""
        newest: datetime = demo.count("postgres", "SELECT max(at) FROM drill_mark")
        return newest


def folder_mib(folder: Path) -> int:
    """Size of a folder's files, MiB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // 2**20


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the instance running")
    parser.add_argument("--again", action="store_true", help="use the instance that --keep left, without new work")
    options = parser.parse_args()
    sys.exit(Drill(keep=options.keep, again=options.again).run())
