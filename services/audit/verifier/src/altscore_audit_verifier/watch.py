"""Verifies the chain continuously and witnesses its checkpoints: `python -m altscore_audit_verifier.watch`.

Every round reads all entries again, so that a change anywhere is named by the next round. What is wrong is a line on
standard output and a number on /metrics.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg

from altscore_audit_verifier.handover import Handover
from altscore_audit_verifier.main import add_sources, bucket_reader
from altscore_audit_verifier.report import CannotVerify, ChainReport
from altscore_audit_verifier.signatures import load_keys
from altscore_audit_verifier.verify import Looks
from altscore_audit_verifier.witness import Witness

LOOPBACK = "127.0.0.1"
_LONGEST_WAIT_S = 0.5


class Stop:
    """Set by a signal's handler, waited for by the thread it interrupts; so without a lock, which that thread may hold.

    A wait is many short ones: a signal that comes just before the system call that waits is handled after that call.
    """

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        """Ends the wait within half a second."""
        self._set = True

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._set

    def wait(self, seconds: float) -> None:
        """Returns after the time, or once it is set."""
        end = time.monotonic() + seconds
        while not self._set and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LONGEST_WAIT_S))


@dataclass
class Status:
    """What the page of metrics says."""

    rounds: int = 0
    failures: int = 0
    handover_failures: int = 0
    verified_at_s: float = 0.0
    round_s: float = 0.0
    reports: list[ChainReport] = field(default_factory=list)
    witnessed: dict[str, int] = field(default_factory=dict)

    def metrics(self) -> str:
        """In Prometheus's text form."""
        rounds, failures = [("", self.rounds)], [("", self.failures)]
        withheld = [("", self.handover_failures)]
        ended, took = [("", self.verified_at_s)], [("", self.round_s)]
        of_chain = [(f'{{chain="{report.chain}"}}', report) for report in self.reports]
        problems = [(labels, len(report.problems)) for labels, report in of_chain]
        broken = [(labels, report.first_broken_seq or 0) for labels, report in of_chain]
        entries = [(labels, report.entries) for labels, report in of_chain]
        witnessed = [(f'{{chain="{chain}"}}', size) for chain, size in sorted(self.witnessed.items())]
        lines = [
            *_counter("altscore_audit_verifier_rounds_total", "Rounds in which the whole chain was read.", rounds),
            *_counter("altscore_audit_verifier_failures_total", "Rounds in which nothing could be proven.", failures),
            *_counter("altscore_audit_verifier_handover_failures_total", "Rounds that handed over nothing.", withheld),
            *_gauge("altscore_audit_verifier_timestamp_seconds", "When a round last ended.", ended),
            *_gauge("altscore_audit_verifier_round_seconds", "How long the last round took.", took),
            *_gauge("altscore_audit_verifier_problems", "Contradictions in the last round.", problems),
            *_gauge("altscore_audit_verifier_first_broken_seq", "First contradicted entry, 0 for none.", broken),
            *_gauge("altscore_audit_verifier_entries", "Entries of a chain in the last round.", entries),
            *_gauge("altscore_audit_verifier_witnessed_seq", "Size of the newest tree that was signed.", witnessed),
        ]
        return "\n".join(lines) + "\n"


def _counter(name: str, text: str, series: Sequence[tuple[str, float]]) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} counter", *(f"{name}{labels} {value}" for labels, value in series)]


def _gauge(name: str, text: str, series: Sequence[tuple[str, float]]) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", *(f"{name}{labels} {value}" for labels, value in series)]


class Watch:
    """Rounds of verification, one after the other.

    Args:
        looks: reads and remembers.
        witness: signs what is whole; None to verify alone.
        handover: takes what the witness signed; None to keep it in the log alone.
    """

    def __init__(self, looks: Looks, witness: Witness | None, handover: Handover | None = None) -> None:
        self.status = Status()
        self._looks, self._witness, self._handover = looks, witness, handover

    def round(self) -> list[ChainReport]:
        """Reads and verifies everything once, and cosigns what is new and whole.

        Raises:
            CannotVerify: nothing was proven.
        """
        begun = time.monotonic()
        try:
            reports = self._looks.look(self._witness.sizes() if self._witness is not None else None)
        except (CannotVerify, OSError):
            self.status.failures += 1
            raise
        if self._witness is not None:
            for report in reports:
                report.problems += self._witness.contradictions(report)
            for report in reports:
                self._witness.cosign(report)
                newest = self._witness.newest(report.chain)
                self.status.witnessed[report.chain] = 0 if newest is None else newest.size
            self._hand_over(self._witness)
        self.status.reports = reports
        self.status.rounds += 1
        self.status.verified_at_s = time.time()
        self.status.round_s = time.monotonic() - begun
        return reports

    def _hand_over(self, witness: Witness) -> None:
        """What the witness signed is in its log; that nobody took it must end no round."""
        if self._handover is not None:
            try:
                self._handover.give(witness.cosignatures())
            except psycopg.Error:
                self.status.handover_failures += 1


def run(watch: Watch, stop: Stop, *, interval_s: float) -> None:
    """Rounds until it is stopped; says what is wrong, and whenever that changes."""
    told: object = None
    while not stop.is_set():
        try:
            reports = watch.round()
            verdict = [report.as_json() for report in reports if report.problems]
            fields: dict[str, object] = {"level": "critical", "message": "audit chain tampered with", "chains": verdict}
            if not verdict:
                fields = {"level": "info", "message": "audit chain whole"}
        except (CannotVerify, OSError) as error:  # OSError: the witness's own disk
            reason = str(error) if isinstance(error, CannotVerify) else type(error).__name__
            fields = {"level": "error", "message": "cannot verify", "reason": reason}
        if fields != told:
            _say(fields)
        told = fields
        stop.wait(interval_s)


def _say(fields: dict[str, object]) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    sys.stdout.write(json.dumps({"time": at, "process": "audit-witness", **fields}) + "\n")
    sys.stdout.flush()


def _server(status: Status, host: str, port: int, *, public_key: str = "") -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        """/livez, /readyz (a round has ended), /metrics and /public-key."""

        def do_GET(self) -> None:
            missing = [] if status.rounds else ["chain"]
            readiness = (503 if missing else 200, json.dumps({"failed": missing}))
            pages = {"/livez": (200, "{}"), "/readyz": readiness, "/metrics": (200, status.metrics())}
            pages["/public-key"] = (200, public_key)
            code, text = pages.get(self.path, (404, "{}"))
            body = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base's names
            """Nothing: a request of the monitoring is no event."""

    return ThreadingHTTPServer((host, port), Handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="altscore-audit-watch", description=__doc__)
    add_sources(parser)
    parser.add_argument("--folder", type=Path, required=True, help="the witness's own: key, log, memory")
    parser.add_argument("--interval-s", type=float, default=15.0, help="between two rounds; at most 45")
    parser.add_argument("--listen-host", default=LOOPBACK)
    parser.add_argument("--port", type=int, help="of /livez, /readyz and /metrics; none when it is left out")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Watches until SIGTERM or SIGINT."""
    options, stop = _parser().parse_args(arguments), Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        if not options.dsn:
            raise CannotVerify("no DSN")
        witness = Witness(options.folder)
        looks = Looks(
            options.dsn,
            lambda: load_keys(options.public_key),
            bucket=bucket_reader(options),
            state=options.folder / "last-seen.json",
            workers=max(1, options.workers),
        )
    except CannotVerify as error:
        raise SystemExit(f"cannot verify: {error}") from error
    watch = Watch(looks, witness, Handover(options.dsn))
    if options.port is not None:
        server = _server(watch.status, options.listen_host, options.port, public_key=witness.public_pem)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    run(watch, stop, interval_s=min(45.0, max(0.1, options.interval_s)))


if __name__ == "__main__":
    main()
