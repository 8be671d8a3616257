"""A distributor without a connector: its scheduler puts the ERP's exports on our SFTP server, with OpenSSH's client."""

import json
import shutil
import socket
import ssl
import subprocess
import time
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from altscore_connector.signing import SignedParts, sign_v2
from simulators_ledger.behaviour import make_population
from simulators_ledger.csv_drop import to_csv_drop
from simulators_ledger.identities import make_shops
from simulators_ledger.oddities import ON_ACCOUNT_SHARE
from simulators_ledger.trade import Habits, make_ledger
from simulators_ledger.truth import personas, retailers, totals, write_json

from demo.context import Demo
from demo.operators import ActingOperator

LANDING = "dist_e"
_RETAILERS, _MONTHS = 6, 12  # two files a month; the server reads thirty an hour
_FORMAT = {"payments": "receipts"}
_SERVER = "ingestion-sftp"
_PATIENCE_S = 60


def is_possible(demo: Demo) -> bool:
    """Whether this machine has OpenSSH's client and reaches the server."""
    if shutil.which("sftp") is None or shutil.which("ssh-keygen") is None:
        demo.say("the SFTP landing is left out: this machine has no sftp")
        return False
    try:
        socket.create_connection((demo.stack["hosts"][_SERVER], demo.port(_SERVER)), timeout=5).close()
    except OSError:
        demo.say("the SFTP landing is left out: its server is not reached in this target")
        return False
    return True


def write_ledger(demo: Demo, truth: dict[str, Any]) -> None:
    """Its ledger as monthly exports, with retailers of its own; adds to the truth and to the personas."""
    first = max(shop["number"] for ledger in truth["ledgers"] for shop in ledger["retailer_list"]) + 1
    seed, as_of = truth["seed"] + 3, date.fromisoformat(truth["as_of"])
    shops = make_shops(seed, first + _RETAILERS, certain=first + _RETAILERS)[first:]
    population = make_population(seed, len(shops), as_of=as_of, months=_MONTHS, shops=shops)
    habits = Habits(on_account_ratio=ON_ACCOUNT_SHARE, terms_ratio=0.85)
    ledger = make_ledger(seed, population, np.arange(_RETAILERS), distributor_id=LANDING, habits=habits)
    lines = [line | {"number": shop.number} for line, shop in zip(retailers(ledger), shops, strict=True)]
    truth["ledgers"].append(totals(ledger) | {"retailer_list": lines})
    to_csv_drop(ledger, demo.out / LANDING / "exports")
    for path in (demo.out / "personas.json", demo.out / "whatsapp" / "personas.json"):
        write_json(path, json.loads(path.read_text(encoding="utf-8")) | personas([ledger]))
    write_json(demo.out / "truth.json", truth)


def introduce(demo: Demo, ops: ActingOperator, issued: dict[str, Any]) -> None:
    """Ops registers the distributor's SSH key; the distributor says how its files are written."""
    site = demo.out / "sites" / LANDING
    key = site / "ssh-key"
    for path in (key, key.with_suffix(".pub")):
        path.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True, timeout=30)
    order = {"public_key": key.with_suffix(".pub").read_text(encoding="ascii").strip()}
    registered = ops.post(f"/v1/admin/distributors/{LANDING}/sftp-keys", json=order)
    demo.check_answer(f"{LANDING}'s SSH key is registered", registered.status_code == 201, registered)
    route, body, now_s = "/v1/ingestion/upload-format", json.dumps(_FORMAT).encode(), int(time.time())
    signed = sign_v2(
        issued["signing_secret"],
        body,
        SignedParts(method="PUT", path=route, batch_id="", erp_type=""),
        timestamp_s=now_s,
    )
    context = ssl.create_default_context(cafile=str(site / "ca.pem"))
    context.load_cert_chain(site / "client.crt", site / "client.key")
    headers = {"X-API-Key": issued["api_key"], "X-Payload-Signature-V2": signed, "Content-Type": "application/json"}
    with httpx.Client(base_url=demo.url("ingestion"), verify=context, timeout=30, trust_env=False) as client:
        answer = client.put(route, content=body, headers=headers)
    demo.check_answer("it says how its files are written", answer.is_success, answer)


def hand_in(demo: Demo) -> None:
    """Every export is put and renamed, in the order in which it was written; the findings tell what became of each."""
    site, exports = demo.out / "sites" / LANDING, demo.out / LANDING / "exports"
    files = sorted(exports.glob("*.csv"), key=lambda path: (path.stat().st_mtime, path.name))
    lines = [
        part for path in files for part in (f"put {path} {path.name}.part", f"rename {path.name}.part {path.name}")
    ]
    done = _sftp(demo, site, *lines)
    demo.check(f"{LANDING} puts its exports by SFTP", done.returncode == 0, len(files), detail=done.stdout[-300:])
    told = demo.until("every file is read", lambda: _all_told(demo, site, files), limit_s=300, every_s=2)
    states = {report["state"] for report in told.values()}
    findings = [finding for report in told.values() for finding in report["findings"]]
    demo.check("every file is taken, nothing is set aside", (states, findings) == ({"taken"}, []), states)


def _all_told(demo: Demo, site: Path, files: list[Path]) -> dict[str, dict[str, Any]] | None:
    """What the sender reads of its files, once none of them waits."""
    folder = site / "findings"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    done = _sftp(demo, site, *(f"get findings/{path.name}.json {folder / path.name}.json" for path in files))
    if done.returncode != 0:
        return None
    told = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    return None if any(report["state"] == "waiting" for report in told.values()) else told


def _sftp(demo: Demo, site: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    """A batch of commands for the server, whose key is pinned."""
    host, port = demo.stack["hosts"][_SERVER], demo.port(_SERVER)
    pinned = site / "known_hosts"
    pinned.write_text(f"[{host}]:{port} {demo.pki('sftp-host.pub').read_text(encoding='ascii')}", encoding="ascii")
    options = {
        "IdentityFile": str(site / "ssh-key"),
        "UserKnownHostsFile": str(pinned),
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
    }
    told = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    command = ["sftp", "-q", "-F", "/dev/null", "-P", str(port), *told, "-b", "-", f"{LANDING}@{host}"]
    text = "\n".join((*lines, ""))
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=_PATIENCE_S)
