"""`python -m bench.connector.memory`: peak memory and time of one sync of a large drop folder, in a process of its own.

A sync reads, plans, queues (on disk, encrypted) and sends to a receiver that forgets; the figure is the process's
largest resident set.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from altscore_connector.accepted import Accepted
from altscore_connector.client import Receipt
from altscore_connector.config import ConnectorConfig, CsvConfig, IngestionConfig
from altscore_connector.encryption import BodyCipher
from altscore_connector.state import State
from altscore_connector.sync import sync_once

_SHOPS = 400
_FIRST_ON = date(2025, 4, 1)


class Forgetful:
    """Accepts every batch and keeps nothing."""

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:
        """Counts the records."""
        payload = json.loads(body)
        count = sum(len(payload[table]) for table in ("retailers", "invoices", "payments", "returns"))
        return Receipt(batch_id=batch_id, submitted=count, accepted=count, quarantined=0, duplicate=0, was_known=False)

    def highest_sequence(self, distributor_id: str) -> int | None:  # noqa: ARG002 - as `Service`
        """Tells nothing, as a service of before."""
        return None

    def accepted_records(self) -> Iterator[Accepted]:
        """Keeps nothing."""
        return iter(())


def write_drop(folder: Path, *, rows: int, files: int) -> None:
    """Invoices and receipts, half and half, in as many files; each file's time follows the one before it."""
    folder.mkdir(parents=True)
    for number in range(files):
        on = _FIRST_ON + timedelta(days=30 * (number // 2))
        is_receipts = number % 2 == 1
        kind = "Receipt" if is_receipts else "Invoice"
        lines = [f"{kind} No,{kind} Date,Party,GSTIN,Phone,Amount" + (",Mode" if is_receipts else "")]
        for row in range(number * rows // files, (number + 1) * rows // files):
            shop = row % _SHOPS
            day = on + timedelta(days=row % 28)
            start = f"{kind[0]}/{row:07d},{day:%d-%m-%Y},Shree Ganesh Kirana {shop:03d}"
            lines.append(f"{start},,{9_000_000_000 + shop},{row % 90_000 + 100}.50" + (",UPI" if is_receipts else ""))
        path = folder / f"{kind.lower()}s_{number:03d}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        stamp = 1_760_000_000 + number * 60
        os.utime(path, (stamp, stamp))


def sync(folder: Path, state_file: Path) -> dict[str, object]:
    """One sync in this process; how long it took and the largest resident set until now."""
    config = ConnectorConfig(
        distributor_id="dist_x",
        state_file=state_file,
        ingestion=IngestionConfig("https://127.0.0.1:1", ca_file=folder, certificate_file=folder, key_file=folder),
        keystore_file=folder,
        passphrase_file=None,
        interval_s=900,
        tally=None,
        csv=CsvConfig(folder, settle_s=0, payments="receipts"),
    )
    begun = time.monotonic()
    state = State(state_file, BodyCipher("a-secret"))
    summary = sync_once(config, Forgetful(), state, progress=lambda _line: None)
    state.close()
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "submitted": summary.submitted,
        "peak_mib": round(peak_kib / 1024, 1),
        "seconds": round(time.monotonic() - begun, 1),
        "findings": sum(finding.kind != "note" for finding in summary.findings),
    }


def measure(*, rows: int, files: int) -> list[dict[str, object]]:
    """A first sync of everything, and a second one that has nothing to send, each in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "drop"
        write_drop(folder, rows=rows, files=files)
        results = []
        for _ in range(2):
            with context.Pool(1) as pool:
                results.append(pool.apply(sync, (folder, Path(name) / "state.sqlite")))
        return results


def main() -> int:
    """Prints one JSON line per sync."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--files", type=int, default=36)
    options = parser.parse_args()
    for result in measure(rows=options.rows, files=options.files):
        sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
