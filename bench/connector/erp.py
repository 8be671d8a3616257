"""`python -m bench.connector.erp`: peak memory and time of syncs and of a backfill of a large ledger.

The simulator is a process of its own, and so is each sync. It reads, plans, queues (on disk, encrypted) and sends to a
receiver that forgets; the figure is the largest resident set of the connector's process.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

from altscore_connector.commands.backfill import send_windows
from altscore_connector.config import ConnectorConfig, IngestionConfig
from altscore_connector.encryption import BodyCipher
from altscore_connector.state import State
from altscore_connector.sync import sync_once

from bench.connector.memory import Forgetful

FIRST_ON = date(2025, 4, 1)
SOURCES = ("tally", "sap_b1")
# A backfill of a new site; a sync that reads everything; a sync to which nothing is new.
STEPS = ("sync", "nothing_new", "backfill")


def run_step(source: str, settings: Any, state_file: Path, step: str) -> dict[str, object]:
    """One sync or backfill in this process; how long it took and the largest resident set until now."""
    config = ConnectorConfig(
        distributor_id="dist_x",
        state_file=state_file,
        ingestion=IngestionConfig(
            "https://127.0.0.1:1", ca_file=state_file, certificate_file=state_file, key_file=state_file
        ),
        keystore_file=state_file,
        passphrase_file=None,
        interval_s=900,
        tally=settings if source == "tally" else None,
        sap_b1=settings if source == "sap_b1" else None,
        csv=None,
    )
    begun, cpu_s = time.monotonic(), time.process_time()
    state = State(state_file, BodyCipher("a-secret"))
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - a backfill tells its windows; this process ends soon
    if step == "backfill":
        summaries = list(send_windows(config, Forgetful(), state, from_on=FIRST_ON, days=31))
    else:
        summaries = [sync_once(config, Forgetful(), state, progress=lambda _line: None)]
    state.close()
    return {
        "source": source,
        "step": step,
        "submitted": sum(summary.submitted for summary in summaries),
        "peak_mib": round(peak_kib() / 1024, 1),
        "seconds": round(time.monotonic() - begun, 1),
        "cpu_s": round(time.process_time() - cpu_s, 1),
        "agrees": summaries[-1].agrees_with_erp,
        "findings": sum(finding.kind != "note" for summary in summaries for finding in summary.findings),
    }


def peak_kib() -> int:
    """The largest resident set of this process; `ru_maxrss` would begin with that of the process that made it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


def measure(source: str, rows: int, steps: Sequence[str]) -> None:
    """Prints one JSON line per step, each in a fresh process; a backfill begins with an empty state."""
    # The measured processes import this module; the simulators would count as theirs.
    from bench.connector.ledgers import large_sap_b1, large_tally  # noqa: PLC0415

    served: dict[str, AbstractContextManager[Any]] = {"tally": large_tally(rows), "sap_b1": large_sap_b1(rows)}
    context = multiprocessing.get_context("spawn")
    with served[source] as settings, tempfile.TemporaryDirectory() as folder:
        for step in steps:
            state_file = Path(folder) / ("backfill.sqlite" if step == "backfill" else "state.sqlite")
            with context.Pool(1) as pool:
                result = pool.apply(run_step, (source, settings, state_file, step))
            sys.stdout.write(json.dumps({"rows": rows} | result) + "\n")
            sys.stdout.flush()


def main() -> int:
    """Measures the sources one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--sources", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    options = parser.parse_args()
    for source in options.sources:
        measure(source, options.rows, options.steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
