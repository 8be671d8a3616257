"""`python -m bench.idle`: what the stack costs while nothing happens, and how soon the first event is applied then.

CPU of every process of the stack over a minute, from /proc, and the way of twenty paced events from admin's outbox over
Kafka into the audit chain. Only reads; each event is the audit entry of one reading.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from altscore_local.process import family
from rich.console import Console
from rich.table import Table

from demo.context import ROOT, Demo

SECONDS = 60.0
EVENTS = 20
PACE_S = 2.0  # longer than a fetch of an idle topic waits, so that each event finds an idle consumer
OURS = ("-api", "-worker", "vault")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_LATENCIES = """
SELECT extract(epoch FROM recorded_at - occurred_at)::float8 FROM audit_log
WHERE action = 'admin_data_access' AND payload LIKE %s ORDER BY seq
"""


def main() -> int:
    """Measures, prints the table, writes var/bench/idle.json."""
    parser = argparse.ArgumentParser(prog="bench.idle", description=__doc__)
    parser.add_argument("--var", type=Path, default=ROOT / os.environ.get("ALTSCORE_VAR", "var"))
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    demo = Demo(options.var)
    figures = {"cpu_percent": cpu_of_processes(demo, options.seconds), "first_event_s": first_events(demo)}
    out = demo.var / "bench"
    out.mkdir(exist_ok=True)
    (out / "idle.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures)
    return 0


def cpu_of_processes(demo: Demo, seconds: float) -> dict[str, float]:
    """CPU of each process with all that it started, percent of one core."""
    before, begun = ticks(demo), time.monotonic()
    time.sleep(seconds)
    after, elapsed_s = ticks(demo), time.monotonic() - begun
    if not before:
        raise SystemExit("no process of the stack runs: `make up` first")
    return {
        name: round(100 * (after[name] - before[name]) / _TICKS_A_SECOND / elapsed_s, 2)
        for name in sorted(before.keys() & after.keys())
    }


def ticks(demo: Demo) -> dict[str, int]:
    """Clock ticks that each process of the stack and its children have used."""
    used = {}
    for pid_file in (demo.var / "run" / "pids").glob("*.json"):
        pid = json.loads(pid_file.read_text(encoding="utf-8"))["pid"]
        fields = [stat for member in family(pid) if (stat := stat_of(member)) is not None]
        if fields:
            used[pid_file.stem] = sum(int(stat[11]) + int(stat[12]) for stat in fields)
    return used


def stat_of(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat behind the name, None for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None


def first_events(demo: Demo) -> list[float]:
    """Seconds from an event's place in the outbox to the chain, for paced events, sorted."""
    ticket = f"BENCH-{int(time.time()) % 100_000_000}"
    with demo.operator() as admin:
        for _ in range(EVENTS):
            answer = admin.get("/v1/admin/audit/search?limit=1", headers={"X-Justification-Ticket": ticket})
            answer.raise_for_status()
            time.sleep(PACE_S)

    def chained() -> list[float] | None:
        with demo.superuser("audit") as connection:
            rows = connection.execute(_LATENCIES, (f"%{ticket}%",)).fetchall()
        return sorted(float(row[0]) for row in rows) if len(rows) == EVENTS else None

    latencies: list[float] = demo.until("every event is chained", chained, limit_s=30)
    return [round(seconds, 4) for seconds in latencies]


def show(figures: dict[str, Any]) -> None:
    """The tables."""
    console, cpu = Console(), figures["cpu_percent"]
    table = Table("process", "CPU, % of a core", title="idle")
    for name, percent in sorted(cpu.items(), key=lambda item: -item[1]):
        table.add_row(name, f"{percent:.2f}")
    ours = sum(percent for name, percent in cpu.items() if name.endswith(OURS))
    table.add_row("our processes together", f"{ours:.1f}", style="bold")
    table.add_row("all", f"{sum(cpu.values()):.1f}", style="bold")
    console.print(table)
    latencies = figures["first_event_s"]
    console.print(
        f"first event after a pause, outbox to chain: median {latencies[len(latencies) // 2] * 1000:.0f} ms,"
        f" worst of {len(latencies)} {latencies[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    raise SystemExit(main())
