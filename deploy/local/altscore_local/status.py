"""How `status` looks, for people and for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

READY, DOWN, NOT_READY, OFF = "ready", "down", "NOT READY", "off"


@dataclass(frozen=True)
class Row:
    """One process.

    Args:
        name: of the process.
        pid: None while it does not run.
        port: that it serves, None where it serves none.
        health_port: where its health is asked, None for a process that this release does not know.
        health: ready; NOT READY: it runs and does not answer; down: it should run; off: nobody asked for it.
        rss_mib: memory with its children.
        startup_s: seconds until it served.
    """

    name: str
    pid: int | None
    port: int | None
    health: str
    rss_mib: int
    startup_s: float | None
    health_port: int | None = None


def status_table(rows: Sequence[Row]) -> str:
    """One line per process and the sum of their memory."""
    if not rows:
        return "nothing runs: `make up` starts the stack"
    lines = [f"{'process':<22}{'pid':>8}{'port':>7}{'health at':>11}  {'health':<10}{'RSS MiB':>8}{'start s':>9}"]
    for row in rows:
        pid, port, asked = row.pid or "-", row.port or "-", row.health_port or "-"
        startup = "-" if row.startup_s is None else f"{row.startup_s:.1f}"
        lines.append(f"{row.name:<22}{pid:>8}{port:>7}{asked:>11}  {row.health:<10}{row.rss_mib:>8}{startup:>9}")
    lines.append(f"{'total':<22}{'':>8}{'':>7}{'':>11}  {'':<10}{sum(row.rss_mib for row in rows):>8}")
    return "\n".join(lines)


def status_json(rows: Sequence[Row]) -> str:
    """A list of objects, one per process."""
    return json.dumps([asdict(row) for row in rows], indent=1)


def not_serving(rows: Sequence[Row]) -> list[str]:
    """What should serve and does not, with its health."""
    return [f"{row.name} ({row.health})" for row in rows if row.health in (DOWN, NOT_READY)]
