"""Two small sites beside the two large ones: a SAP Business One and an SFTP server, each a simulator of its own."""

import base64
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from altscore_libs.testing import self_signed
from simulators_ledger.behaviour import make_population
from simulators_ledger.csv_drop import to_csv_drop
from simulators_ledger.identities import make_shops
from simulators_ledger.model import Ledger, rupees
from simulators_ledger.oddities import ON_ACCOUNT_SHARE
from simulators_ledger.sap_company import to_sap_company
from simulators_ledger.trade import Habits, make_ledger
from simulators_ledger.truth import personas, retailers, totals, write_json
from simulators_sftp.programs import ensure_programs

from demo.context import Demo

SAP_B1, SFTP = "dist_c", "dist_d"
_RETAILERS, _MONTHS = 6, 18
_LATE_DAYS = 3  # by which the SFTP site's ledger ends before the others
_DATABASE, _USER, _PASSWORD = "SBODEMOIN", "altscore", "a-password"
_STOPS_WITHIN_S = 10


def names(demo: Demo) -> list[str]:
    """The small sites that this machine can have."""
    if importlib.util.find_spec("asyncssh") is not None and ensure_programs() is not None:
        return [SAP_B1, SFTP]
    demo.say("the SFTP site is left out: asyncssh or Debian's sshd cannot be had")
    return [SAP_B1]


def write_ledgers(demo: Demo, truth: dict[str, Any], sites: list[str]) -> None:
    """Their ledgers beside the large ones, with retailers of their own; adds to the truth and to the personas."""
    first = max(shop["number"] for ledger in truth["ledgers"] for shop in ledger["retailer_list"]) + 1
    count = first + _RETAILERS * len(sites)
    seed, as_of = truth["seed"] + 2, date.fromisoformat(truth["as_of"])
    shops = make_shops(seed, count, certain=count)[first:]
    population = make_population(seed, len(shops), as_of=as_of, months=_MONTHS, shops=shops)
    ledgers = []
    for position, site in enumerate(sites):
        late_days = _LATE_DAYS if site == SFTP else 0
        habits = Habits(on_account_ratio=ON_ACCOUNT_SHARE, terms_ratio=0.85, late_days=late_days)
        members = np.arange(position * _RETAILERS, (position + 1) * _RETAILERS)
        ledger = make_ledger(seed, population, members, distributor_id=site, habits=habits)
        ledgers.append(ledger)
        lines = [
            line | {"number": shops[person].number}
            for line, person in zip(retailers(ledger), members.tolist(), strict=True)
        ]
        truth["ledgers"].append(totals(ledger) | {"retailer_list": lines, "to_be_sent_inr": _to_be_sent(ledger)})
        _write_source(demo.out / site, site, ledger)
    for path in (demo.out / "personas.json", demo.out / "whatsapp" / "personas.json"):
        write_json(path, json.loads(path.read_text(encoding="utf-8")) | personas(ledgers))
    write_json(demo.out / "truth.json", truth)


def _write_source(folder: Path, site: str, ledger: Ledger) -> None:
    if site == SAP_B1:
        to_sap_company(ledger, folder / "company.json", database=_DATABASE, user=_USER, password=_PASSWORD)
    else:
        to_csv_drop(ledger, folder / "exports")


def _to_be_sent(ledger: Ledger) -> dict[str, str]:
    """Rupees of the live documents by table; a receipt that bounced is sent, and marked."""
    alive = ~ledger.invoices.is_cancelled
    sums = {
        "invoices": ledger.invoices.paise[alive].sum(),
        "payments": ledger.payments.paise.sum(),
        "returns": ledger.returns.paise.sum(),
    }
    return {table: str(rupees(int(paise))) for table, paise in sums.items()}


def check_sums(demo: Demo, results: dict[str, dict[str, Any]]) -> None:
    """What the small sites sent is their ledger, to the paisa."""
    for ledger in demo.facts["truth"]["ledgers"]:
        expected = {table: Decimal(amount) for table, amount in ledger.get("to_be_sent_inr", {}).items()}
        if expected:
            tables = results[ledger["distributor_id"]]["tables"]
            sent = {table: Decimal(tables[table]["amount_inr"]) for table in expected}
            demo.check(f"{ledger['distributor_id']} sent its ledger to the paisa", sent == expected, sent["invoices"])


@contextmanager
def running(demo: Demo, configurations: dict[str, str]) -> Iterator[None]:
    """While inside, the small sites' ERPs run, and their connectors know where.

    Args:
        demo: of this run.
        configurations: what each connector's configuration holds beside its source.
    """
    servers = {SAP_B1: _sap_b1, SFTP: _sftp}
    with ExitStack() as stack:
        for site, common in configurations.items():
            folder = demo.out / "sites" / site
            section = stack.enter_context(servers[site](demo.out / site, folder))
            (folder / "connector.toml").write_text(f"{common}\n{section}", encoding="utf-8")
        yield


@contextmanager
def _sap_b1(ledger: Path, site: Path) -> Iterator[str]:
    certificate, key = self_signed(site)
    _private(site / "sap-password", _PASSWORD)
    secured = ["--cert", str(certificate), "--key", str(key), "--company", str(ledger / "company.json")]
    with _started("simulators_sap_b1", *secured) as ports:
        yield f"""[sap_b1]
url = "https://127.0.0.1:{ports[0]}"
company_db = "{_DATABASE}"
user = "{_USER}"
password_file = "sap-password"
ca_file = "{certificate}"
"""


@contextmanager
def _sftp(ledger: Path, site: Path) -> Iterator[str]:
    shutil.rmtree(site / "server", ignore_errors=True)
    with _started("simulators_sftp", "--state", str(site / "server")) as ports:
        with httpx.Client(base_url=f"http://127.0.0.1:{ports[1]}", timeout=30, trust_env=False) as control:
            for path in sorted((ledger / "exports").glob("*.csv")):
                content = {"name": path.name, "base64": base64.b64encode(path.read_bytes()).decode()}
                stamp = {"modified_s": int(path.stat().st_mtime), "with_digest": True}
                control.post("/_control/upload", json=content | stamp).raise_for_status()
            server = control.get("/_control/state").json()
        _private(site / "sftp-key", Path(server["user_key"]).read_text(encoding="ascii"))
        yield f"""[csv]
folder = "fetched"
payments = "receipts"

[sftp]
host = "127.0.0.1"
port = {server["port"]}
user = "{server["user"]}"
host_key = "{server["host_key"]}"
folder = "{server["folder"]}"
key_file = "sftp-key"
"""


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


@contextmanager
def _started(module: str, *arguments: str) -> Iterator[list[int]]:
    """A simulator on free ports of loopback; yields them, and ends the process afterwards."""
    command = [sys.executable, "-m", module, "--port", "0", "--control-port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ), text=True) as process:
        assert process.stdout is not None  # noqa: S101  # a pipe was asked for
        try:
            line = process.stdout.readline()
            yield [int(part.rsplit(":", 1)[1]) for part in line.split() if part.rsplit(":", 1)[-1].isdigit()]
        finally:
            process.terminate()
            process.wait(timeout=_STOPS_WITHIN_S)
