"""`make journeys`: people at work in a real browser, on a running target on which the main job was done.

Operators sign in at the identity provider and touch their keys, which Chromium holds as a virtual authenticator; an
owner types two codes; an officer comes from their own provider. What they do on the pages is then looked for where it
must have arrived: at the lender, in the engine. The journeys themselves are
`services/admin/web/journeys`. `python -m demo.browser_journeys --var FOLDER` takes another target.
"""

import base64
import hashlib
import json
import os
import ssl
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from demo.context import LENDERS, ROOT, Demo, DemoFailedError
from demo.drill import run_drill
from demo.operators import acting
from demo.portal_people import create, enter_provider
from demo.sign_in import keep_keys, signed_in
from demo.steps import grievance, model
from demo.steps.lender import Lender

WEB = ROOT / "services/admin/web"
LENDER, OFFICER = LENDERS[1], "officer@journeys.test"
OWNER, PHONE = "owner@journeys.test", "919000000002"
PURPOSE = "term_loan"  # nobody was asked for it in the main job
OPERATORS = ("asha", "banu", "chitra")
LIMIT_S = 1_500
_SCORED = """
SELECT DISTINCT s.retailer_id FROM sealed_score s JOIN consent_grant g USING (retailer_id)
WHERE g.lender_id = %s AND g.is_active AND g.expires_at > now()
  AND NOT EXISTS (SELECT 1 FROM score_block b WHERE b.retailer_id = s.retailer_id)
ORDER BY s.retailer_id DESC
"""
_OF_LEDGER = "SELECT DISTINCT retailer_id FROM subject WHERE distributor_id = %s AND is_phone_confirmed"
_INVITED = "SELECT count(*) FROM invites WHERE retailer_id = %s AND purpose = %s AND lender_scope = %s"
_QUARANTINED = """
SELECT batch_id, distributor_id FROM batch_record JOIN batch USING (batch_id)
WHERE status = 'quarantined' ORDER BY received_at DESC LIMIT 1
"""


def prepare(demo: Demo) -> dict[str, Any]:
    """Whom and what the journeys need; returns the file that they read."""
    distributor_id = next(iter(demo.facts["distributors"]))
    with acting(demo, asha="ops-1", banu="ops-2") as (first, second):
        enter_provider(demo, first, second, lender_id=LENDER)
        create(demo, first, f"/v1/admin/lenders/{LENDER}/people", {"email": OFFICER})
        owner = {"email": OWNER, "phone": f"+{PHONE}", "language": "hi", "lender_scope": [LENDER], "purpose": PURPOSE}
        create(demo, first, f"/v1/admin/distributors/{distributor_id}/people", owner)
    erased, scored, shop = choose_retailers(demo, distributor_id)
    lender = Lender(demo, LENDER)
    answer = lender.score(scored)
    demo.check_answer("a lender has a score to complain about", answer.status_code == 200, answer)
    statement = model.register(demo, model.cache_folder() / "bundle")
    return {
        "preparedAt": time.time_ns() // 1_000_000,
        "admin": f"https://localhost:{demo.port('admin')}",
        "portal": f"https://localhost:{demo.port('portal')}",
        "mail": demo.stack["urls"]["smtp-sim-control"],
        "sms": demo.stack["urls"]["sms-sim-control"],
        "oidc": demo.url("oidc-sim"),
        "keys": keys_for_chromium(demo),
        "trusted": [public_key_digest(demo, name) for name in ("admin", "portal", "saml-sim", "oidc-sim")],
        "grievance": grievance.file(demo, lender, answer.json()),
        "erased": erased,
        "model": statement | {"version": str(statement["version"])},
        "quarantine": quarantined_batch(demo),
        "lender": {"id": LENDER, "officer": OFFICER, "retailer": scored}
        | {"foreign": demo.facts["personas"]["first_lender_only"]},
        "distributor": {"id": distributor_id, "owner": OWNER, "phone": PHONE, "shop": shop},
    }


def choose_retailers(demo: Demo, distributor_id: str) -> tuple[str, str, str]:
    """Scored retailers of the lender with a phone of their own, whom no step of the main job looks at.

    Two, and one whose phone stands in the distributor's own ledger, so that its owner can invite them.
    """
    with demo.superuser("score") as connection:
        scored = [row[0] for row in connection.execute(_SCORED.encode(), (LENDER,)).fetchall()]
    shared = Counter(demo.facts["phone_of"].values())
    looked_at = {*demo.facts["personas"].values(), demo.facts.get("erased_retailer")}
    usable = [item for item in scored if item not in looked_at and shared[demo.facts["phone_of"].get(item)] == 1]
    with demo.superuser("vault") as connection:
        of_ledger = {row[0] for row in connection.execute(_OF_LEDGER.encode(), (distributor_id,)).fetchall()}
    shop = next((item for item in usable if item in of_ledger), None)
    others = [item for item in usable if item != shop]
    demo.check("retailers are left whom no other step looks at", shop is not None and len(others) >= 2, len(usable))
    return others[0], others[1], str(shop)


def quarantined_batch(demo: Demo) -> dict[str, str]:
    """A batch of which something was set aside."""
    with demo.superuser("ingestion") as connection:
        row = connection.execute(_QUARANTINED.encode()).fetchone()
    if row is None:
        raise DemoFailedError("nothing was ever set aside")
    return {"batch": row[0], "distributor": row[1]}


def keys_for_chromium(demo: Demo) -> dict[str, dict[str, Any]]:
    """The operators' security keys, as the browser's virtual authenticator takes them; their counts go on."""
    operators = signed_in(demo, OPERATORS)  # enrols whoever is new
    keys = {}
    for operator in operators:
        kept = operator.key.kept()
        keys[operator.name] = {
            "credentialId": _text(bytes.fromhex(kept["credential_id"])),
            "privateKey": _text(operator.key.private_key_der()),
            "signCount": kept["sign_count"] + 1,
        }
    keep_keys(demo, operators)  # with a reserve for what the browser signs
    for operator in operators:
        operator.close()
    return keys


def public_key_digest(demo: Demo, name: str) -> str:
    """What Chromium needs in order to trust the certificate that a process shows: the digest of its public key."""
    pem = ssl.get_server_certificate(("localhost", demo.port(name)), timeout=10)
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _text(hashlib.sha256(der).digest())


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def travel(demo: Demo, facts: dict[str, Any]) -> None:
    """Runs the journeys in Chromium; what the browser says is shown as it comes."""
    path = demo.out / "journeys.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(facts), encoding="utf-8")
    command = ["npx", "--no-install", "playwright", "test", "--config", "journeys.config.ts"]
    done = subprocess.run(command, cwd=WEB, env=os.environ | {"JOURNEYS": str(path)}, check=False, timeout=LIMIT_S)
    demo.check("every journey in the browser ended well", done.returncode == 0, f"exit status {done.returncode}")


def look_behind(demo: Demo, facts: dict[str, Any]) -> None:
    """What was done on the pages has arrived where it counts."""
    lender = Lender(demo, LENDER)
    state = lender.http.get(f"/v1/grievances/{facts['grievance']}").json()
    demo.check("the lender reads the answer to its grievance", state["status"] == "resolved", state["status"])
    sha256 = facts["model"]["model_sha256"]
    active = "SELECT count(*) FROM models WHERE state = 'active' AND model_sha256 = %s AND model_version = %s"
    version = facts["model"]["version"]
    demo.until("the engine loads it", lambda: demo.count("scoring", active, sha256, version), limit_s=60)
    demo.check("the engine scores with the model that two people promoted", True, f"version {version}")
    invited = demo.count("consent", _INVITED, facts["distributor"]["shop"], PURPOSE, [LENDER])
    demo.check("the shop that the owner named is invited, once", invited == 1, invited)
    refused = lender.score(facts["erased"])
    demo.check_answer("the erased retailer is unknown to the lender", refused.status_code == 403, refused)


def work(demo: Demo) -> None:
    """Prepares the target, runs the journeys and looks for what they did."""
    demo.recall()
    with demo.step("prepare", "Operators let people in; something waits for each of them"):
        facts = prepare(demo)
    with demo.step("travel", "People work in the browser"):
        travel(demo, facts)
    with demo.step("behind", "What they did has arrived"):
        look_behind(demo, facts)


if __name__ == "__main__":
    sys.exit(run_drill("demo.browser_journeys", __doc__, work))
