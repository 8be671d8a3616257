"""Ops onboards distributors and lenders; every secret is shown once."""

import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from demo import landing, small_sites
from demo.context import LENDERS, Demo
from demo.operators import ActingOperator, acting

DISTRIBUTORS = {
    "dist_a": "Ganga Distributors",
    "dist_b": "Kaveri Agencies",
    small_sites.SAP_B1: "Narmada Trading",
    small_sites.SFTP: "Godavari Stores",
    landing.LANDING: "Tapti Stores",
}
BACKFILL_HOURS = 24


def connector(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the connector as a distributor would."""
    command = [sys.executable, "-m", "altscore_connector", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=600)


def run(demo: Demo) -> None:
    """Step 1 of the main job."""
    here = [ledger["distributor_id"] for ledger in demo.facts["truth"]["ledgers"]]
    demo.facts["distributors"] = {name: DISTRIBUTORS[name] for name in here}
    with acting(demo, asha="ops-1") as (ops,):
        session = ops.get("/v1/admin/session").json()
        demo.check("an operator is signed in", session["operator_id"] == ops.name, f"{ops.name}: {session['sign_in']}")
        for distributor_id, name in demo.facts["distributors"].items():
            issued = onboard_distributor(demo, ops, distributor_id, name=name)
            if distributor_id == landing.LANDING:
                landing.introduce(demo, ops, issued)
        demo.facts["lenders"] = {lender_id: onboard_lender(demo, ops, lender_id) for lender_id in LENDERS}
    refused_without_credential(demo)


def onboard_distributor(demo: Demo, ops: ActingOperator, distributor_id: str, *, name: str) -> dict[str, Any]:
    """Certificate from the connector's own request, API key, signing secret, backfill window."""
    site = demo.out / "sites" / distributor_id
    site.mkdir(parents=True, exist_ok=True)
    key, csr = site / "client.key", site / "client.csr"
    if not csr.exists():
        generated = connector("keygen", "--distributor-id", distributor_id, "--key", str(key), "--csr", str(csr))
        claim = f"{distributor_id} makes its key and signing request"
        demo.check(claim, generated.returncode == 0, detail=generated.stderr[:200])
    order = {"distributor_id": distributor_id, "name": name, "csr_pem": csr.read_text(encoding="utf-8")}
    answer = ops.post("/v1/admin/distributors", json=order)
    demo.check_answer(f"{distributor_id} is onboarded", answer.status_code in (200, 201), answer)
    body = answer.json()
    again = ops.post("/v1/admin/distributors", json=order).json()
    window = ops.send("POST", f"/v1/admin/distributors/{distributor_id}/backfill", json={"hours": BACKFILL_HOURS})
    demo.check("its secrets are shown once", bool(body.get("api_key")) and not again.get("api_key"))
    demo.check("a backfill window opens", window.status_code == 200, window.json().get("open_until"))
    equip_site(demo, site, distributor_id=distributor_id, issued=body)
    return dict(body)


def equip_site(demo: Demo, site: Path, distributor_id: str, issued: dict[str, Any]) -> None:
    """Puts certificate, encrypted secrets and configuration where the connector runs."""
    (site / "client.crt").write_text(issued["certificate_pem"], encoding="utf-8")
    (site / "ca.pem").write_bytes(demo.pki("ca.pem").read_bytes())
    passphrase = demo.out / "passphrases" / distributor_id
    passphrase.parent.mkdir(mode=0o700, exist_ok=True)
    passphrase.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    passphrase.chmod(0o600)
    secrets_json = json.dumps({"api_key": issued["api_key"], "signing_secret": issued["signing_secret"]})
    done = connector(
        "keystore", "--file", str(site / "keystore.json"), "--passphrase-file", str(passphrase), stdin=secrets_json
    )
    demo.check("the connector encrypts its secrets", done.returncode == 0, detail=done.stderr[:200])
    (site / "connector.toml").write_text(configuration(demo, distributor_id), encoding="utf-8")


def configuration(demo: Demo, distributor_id: str) -> str:
    """The connector's configuration of one site; a small one learns of its ERP when that is started."""
    common = common_configuration(demo, distributor_id)
    if distributor_id == "dist_a":
        companies = json.dumps(demo.facts["tally_companies"])
        url = demo.stack["urls"]["tally-sim"]
        return f'{common}\n[tally]\nurl = "{url}"\ncompanies = {companies}\ndistrict_prefix = "Beat "\n'
    if distributor_id == "dist_b":
        return f'{common}\n[csv]\nfolder = "{demo.out / "csv"}"\npayments = "receipts"\n'
    return common


def common_configuration(demo: Demo, distributor_id: str) -> str:
    """What every connector's configuration holds, whatever its ERP."""
    return f"""distributor_id = "{distributor_id}"
state_file = "state.sqlite"

[ingestion]
url = "{demo.url("ingestion")}"
ca_file = "ca.pem"
certificate_file = "client.crt"
key_file = "client.key"

[keystore]
file = "keystore.json"
passphrase_file = "../../passphrases/{distributor_id}"
"""


def onboard_lender(demo: Demo, ops: ActingOperator, lender_id: str) -> dict[str, str]:
    """A lender's client id and secret."""
    order = {"lender_id": lender_id, "name": lender_id.removeprefix("lender_").title()}
    answer = ops.post("/v1/admin/lenders", json=order)
    again = ops.post("/v1/admin/lenders", json=order)
    shown_once = "client_secret" in answer.json() and not again.json().get("client_secret")
    demo.check(f"{lender_id} is onboarded, its secret shown once", answer.status_code in (200, 201) and shown_once)
    return dict(answer.json())


def refused_without_credential(demo: Demo) -> None:
    """Nobody administers without an operator's credential."""
    answer = demo.http("admin").post("/v1/admin/lenders", json={"lender_id": "lender_x", "name": "X"})
    demo.check("no credential, no administration", answer.status_code == 401, answer.json()["code"])
    demo.summary["refusals"].append({"case": "admin_without_credential", "status": 401, "code": answer.json()["code"]})
