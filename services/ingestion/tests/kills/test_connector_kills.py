"""The connector killed at random points of `sync` and `rotate`: Bronze holds its ledger once, to the paisa.

The connector's own process reads a drop folder or an SFTP server and sends to the API, the vault and the store as
they run in production. `ALTSCORE_KILLS` / 3 kills for each of the two sources.
"""

import base64
import json
import logging
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import asyncpg
import httpx
import pytest
from altscore_libs.testing_postgres import HANG_S
from simulators_sftp.programs import ensure_programs

from ..world import Store, live_rows
from .bronze import assert_agree, assert_announced, folders
from .deployment import Deployment

KILLS = max(4, int(os.environ.get("ALTSCORE_KILLS", "12")) // 3)
SEED = 20_261_129
MONTHS = ("2026-04", "2026-05", "2026-06")
INVOICES, RECEIPTS, PARTIES = 300, 100, 40  # a month; a sync sends more than one batch
CHANGED_RATIO, GONE_RATIO, ROTATE_RATIO = 0.9, 0.02, 0.4
KILLS_IN_A_ROW = 3
LATER_THAN_USUAL = 1.2
EXPORTED_AT_S = 1_790_000_000
Put = Callable[[str, bytes, int], None]
Row = tuple[str, str, Decimal]  # table, day, rupees
_log = logging.getLogger("altscore.tests.kills")


@dataclass
class Ledger:
    """Invoices and receipts by month, exported as files that are complete for their month."""

    random: random.Random
    documents: dict[tuple[str, str, str], tuple[str, Decimal]] = field(default_factory=dict)
    edition: int = 0

    def __post_init__(self) -> None:
        for month in MONTHS:
            for table, count in (("invoices", INVOICES), ("payments", RECEIPTS)):
                for number in range(count):
                    on = f"{month}-{number % 28 + 1:02d}"
                    self.documents[table, month, f"{table[0].upper()}-{month}-{number}"] = (on, self._amount())

    def edit(self) -> None:
        """Changes most amounts and takes some documents away."""
        for key, (on, _) in list(self.documents.items()):
            if self.random.random() < GONE_RATIO:
                del self.documents[key]
            elif self.random.random() < CHANGED_RATIO:
                self.documents[key] = (on, self._amount())

    def export(self, put: Put) -> None:
        """Writes every file anew, a minute younger than before."""
        self.edition += 1
        lines: dict[str, list[str]] = defaultdict(list)
        for (table, month, number), (on, amount) in self.documents.items():
            day = "-".join(reversed(on.split("-")))
            party = f"Shop {sum(number.encode()) % PARTIES}"
            name = f"{'invoices' if table == 'invoices' else 'receipts'}_complete_{month}.csv"
            lines[name].append(f"{number},{day},{party},{amount}")
        for name, rows in lines.items():
            columns = "Invoice No,Invoice Date" if name.startswith("invoices") else "Receipt No,Receipt Date"
            text = "\n".join([f"{columns},Party,Amount", *rows]) + "\n"
            put(name, text.encode(), EXPORTED_AT_S + 60 * self.edition)

    def rows(self) -> Counter[Row]:
        """What live Bronze must hold."""
        return Counter((table, on, amount) for (table, _, _), (on, amount) in self.documents.items())

    def _amount(self) -> Decimal:
        return Decimal(self.random.randint(100, 10_000_000)).scaleb(-2)


@dataclass
class ConnectorFolder:
    """A site's folder and the processes that work in it."""

    distributor_id: str
    config: Path
    random: random.Random
    usual_s: dict[str, float] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def run(self, *arguments: str) -> None:
        """One command to its end."""
        begun = time.monotonic()
        process = self._start(*arguments)
        output, _ = process.communicate(timeout=10 * HANG_S)
        assert process.returncode == 0, output
        self.usual_s[arguments[0]] = time.monotonic() - begun

    def kill(self, *arguments: str) -> None:
        """One command that is killed at a random moment, or has just ended."""
        process = self._start(*arguments)
        try:
            process.wait(timeout=self.random.uniform(0, LATER_THAN_USUAL * self.usual_s[arguments[0]]))
        except subprocess.TimeoutExpired:
            process.kill()
            self.kills[arguments[0]] += 1
        output, _ = process.communicate()
        assert process.returncode in (0, -9), output

    def _start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "altscore_connector", *arguments, "--config", str(self.config)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


async def installed(folder: Path, deployment: Deployment, distributor_id: str, *further: str) -> ConnectorFolder:
    """A site that was onboarded with the connector's own `init`.

    All tests of a session share one Bronze, so each has an id of its own.
    """
    site = ConnectorFolder(distributor_id, folder / "site" / "connector.toml", random.Random(SEED))
    flags = ["--distributor-id", distributor_id, "--url", deployment.url, "--source", "csv", "--folder", "drop"]
    flags += ["--payments", "receipts", "--passphrase-file", str(folder / "elsewhere" / "passphrase")]
    site.run("init", *flags)
    (folder / "site" / "drop").mkdir(exist_ok=True)
    with site.config.open("a", encoding="utf-8") as config:
        config.write("\n".join(["settle_s = 0", *further]) + "\n")
    answer = await deployment.put_distributor(
        distributor_id, (folder / "site" / "client.csr").read_text(encoding="ascii")
    )
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    site.run("init", "--answer", str(folder / "answer.json"))
    return site


def into_folder(folder: Path) -> Put:
    """Puts files into a drop folder."""

    def put(name: str, data: bytes, modified_s: int) -> None:
        (folder / name).write_bytes(data)
        os.utime(folder / name, (modified_s, modified_s))

    return put


@pytest.fixture
def sftp_control(tmp_path: Path) -> Iterator[str]:
    """The control address of a real SFTP server."""
    pytest.importorskip("asyncssh", reason="SKIPPED: asyncssh is not installed")
    if ensure_programs() is None:
        pytest.skip("SKIPPED: no sshd of Debian can be fetched")
    command = [sys.executable, "-m", "simulators_sftp", "--port", "0", "--control-port", "0"]
    with subprocess.Popen(
        [*command, "--state", str(tmp_path / "sftp")], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip().rsplit(':', 1)[1]}/_control"
        process.terminate()
        process.wait(timeout=HANG_S)


def onto_server(control: str) -> Put:
    """Puts files onto the SFTP server."""

    def put(name: str, data: bytes, modified_s: int) -> None:
        content = {"name": name, "base64": base64.b64encode(data).decode(), "modified_s": modified_s}
        answer = httpx.post(f"{control}/upload", json=content | {"with_digest": True}, trust_env=False, timeout=HANG_S)
        assert answer.status_code == 200, answer.text

    return put


def sftp_settings(control: str, folder: Path) -> list[str]:
    """The section [sftp] for that server."""
    state = httpx.get(f"{control}/state", trust_env=False, timeout=HANG_S).json()
    key = folder / "user.key"
    key.touch(mode=0o600)
    key.write_bytes(Path(state["user_key"]).read_bytes())
    values = {name: state[name] for name in ("port", "user", "host_key", "folder")}
    values |= {"host": "127.0.0.1", "key_file": str(key)}
    return ["", "[sftp]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]


def live(store: Store, distributor_id: str) -> Counter[Row]:
    """Live Bronze; a receipt may be several lines."""
    files = [folder.files for folder in folders(store, distributor_id).values()]
    rows: Counter[Row] = Counter()
    for row in live_rows(files, "invoices").values():
        rows["invoices", f"{row['invoice_on']}", row["amount_inr"]] += not row["is_cancelled"]
    receipts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in live_rows(files, "payments").values():
        if not row["is_cancelled"]:
            receipts[row["payment_id"], f"{row['paid_on']}"] += row["amount_inr"]
    rows += Counter(("payments", on, amount) for (_, on), amount in receipts.items())
    return +rows


async def assert_nothing_lost(site: ConnectorFolder, put: Put, pool: asyncpg.Pool, store: Store) -> None:
    """Edits, kills and completes, over and over; then everything agrees."""
    ledger = Ledger(random.Random(SEED))
    ledger.export(put)
    site.run("sync", "--once")
    site.run("rotate")
    while site.kills.total() < KILLS:
        ledger.edit()
        ledger.export(put)
        for _ in range(site.random.randint(1, KILLS_IN_A_ROW)):
            if site.random.random() < ROTATE_RATIO:
                site.kill("rotate")
            site.kill("sync", "--once")
        site.run("sync", "--once")
        assert live(store, site.distributor_id) == ledger.rows()
    counted = await assert_agree(pool, site.distributor_id, folders(store, site.distributor_id))
    await assert_announced(pool)
    _log.info("kills: %s; %s", dict(site.kills), dict(counted))
    assert site.kills["sync"] > 0


@pytest.mark.timeout(300 + 60 * KILLS)
async def test_a_killed_connector_of_a_drop_folder_loses_and_doubles_nothing(
    tmp_path: Path, deployment: Deployment, pool: asyncpg.Pool, object_store: Store
) -> None:
    site = await installed(tmp_path, deployment, "dist_drop")
    await assert_nothing_lost(site, into_folder(tmp_path / "site" / "drop"), pool, object_store)


@pytest.mark.timeout(300 + 60 * KILLS)
async def test_a_killed_connector_of_an_sftp_server_loses_and_doubles_nothing(
    tmp_path: Path, deployment: Deployment, pool: asyncpg.Pool, object_store: Store, sftp_control: str
) -> None:
    site = await installed(tmp_path, deployment, "dist_sftp", *sftp_settings(sftp_control, tmp_path))
    await assert_nothing_lost(site, onto_server(sftp_control), pool, object_store)
