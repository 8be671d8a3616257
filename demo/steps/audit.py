"""One chained entry for everything that happened; a changed row is named."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from demo.context import LENDERS, Demo
from demo.steps.lender import Lender

AUDITED_BY = ("admin", "consent", "ingestion", "notification", "pipeline", "score", "scoring", "vault", "webhook")
SENT = "SELECT count(*) FROM outbox WHERE name = 'audit_event'"
CHAINED = "SELECT count(*) FROM audit_log"
BY_ACTION = "SELECT action, count(*) FROM audit_log GROUP BY action ORDER BY action"
PROOFS = "/v1/audit-proofs"
SILENT = "ALTER TABLE audit_log {} TRIGGER audit_log_append_only"


def run(demo: Demo) -> None:
    """Step 12 of the main job."""
    sent = {name: demo.count(name, SENT) for name in AUDITED_BY}

    def complete() -> bool:
        return all(sent <= chained for sent, chained in sent_and_chained(demo).values())

    demo.until("every audit event is chained", complete, limit_s=120, every_s=0.5)
    demo.check("chained = sent for every service", True, sent_and_chained(demo))
    compare_with_what_was_done(demo)
    demo.until("a signed checkpoint", lambda: demo.count("audit", "SELECT count(*) FROM audit_checkpoint"), limit_s=90)
    honest = verify(demo)
    shown = {chain["chain"]: chain["entries"] for chain in honest.get("chains", [])}
    demo.check("the chain and its signed checkpoints verify", honest["ok"], shown, detail=json.dumps(honest)[:600])
    prove(demo)
    named = tamper(demo)
    demo.summary["audit"] = {"entries": demo.count("audit", CHAINED), "verified": honest["ok"], "tamper_named": named}
    demo.say(f"audit events sent by service: {sent}")


def sent_and_chained(demo: Demo) -> dict[str, tuple[int, int]]:
    """Of each service. A sum would not do: one service's surplus hides what another's chain does not hold yet."""
    with demo.superuser("audit") as connection:
        rows = connection.execute(
            "SELECT payload::jsonb ->> 'producer', count(*) FROM audit_log GROUP BY 1 ORDER BY 1"
        ).fetchall()
    chained = {str(name): int(count) for name, count in rows}
    return {name: (demo.count(name, SENT), chained.get(name, 0)) for name in AUDITED_BY}


def compare_with_what_was_done(demo: Demo) -> None:
    """The chain's counts against the demo's own."""
    with demo.superuser("audit") as connection:
        actions = {str(action): int(count) for action, count in connection.execute(BY_ACTION).fetchall()}
    consent, ingest = demo.summary["consent"], demo.summary["ingest"]
    demo.check("one entry for each batch", actions["batch_ingested"] == ingest["batches"], actions["batch_ingested"])
    demo.check(
        "one entry for each consent", actions["consent_granted"] == consent["granted"], actions["consent_granted"]
    )
    demo.check("one entry for each promotion", actions["model_promoted"] >= 1, actions["model_promoted"])
    demo.check(
        "failed authentications are in a chain of their own", actions["failed_auth"] >= 3, actions["failed_auth"]
    )
    calls = actions["score_requested"] + actions.get("score_refused", 0)
    demo.check(
        "every lender call is there",
        calls >= demo.facts["lender_calls"],
        f"{calls} entries, {demo.facts['lender_calls']} calls of the demo's own",
    )


def verify(demo: Demo) -> dict[str, Any]:
    """The separate verifier's verdict, with nothing but a connection, the public key and the bucket."""
    access_key, secret_key = demo.stack["s3"]["users"]["audit"]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key}
    command = [sys.executable, "-m", "altscore_audit_verifier", "--json"]
    command += ["--dsn", demo.stack["postgres"]["superuser_dsn"].replace("/postgres?", "/audit?")]
    command += ["--public-key", str(demo.pki("public/audit-checkpoint.pem"))]
    command += [
        "--s3-endpoint",
        demo.url("s3"),
        "--s3-bucket",
        "altscore-audit",
        "--s3-ca-file",
        str(demo.pki("ca.pem")),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    verdict: dict[str, Any] = json.loads(done.stdout)
    return verdict | {"exit_status": done.returncode}


def prove(demo: Demo) -> None:
    """A lender proves what it was told to somebody who has its file, a public key, a command and nothing of ours."""
    lender, other = Lender(demo, LENDERS[0]), Lender(demo, LENDERS[1])
    for told, request_id in demo.facts["provable"].items():
        bundle = fetch_proof(demo, lender, request_id, told=told)
        status, verdict = verify_offline(demo, bundle)
        demo.check(f"the lender's {told} is proven offline by a separate command", status == 0, verdict)
        body = json.loads(bundle.read_text(encoding="utf-8"))
        entry = body["proofs"][0]["entry"]
        entry["payload"] = entry["payload"].replace('"outcome":"', '"outcome":"not ')
        forged = demo.out / f"audit-proof-{told}-forged.json"
        forged.write_text(json.dumps(body), encoding="utf-8")
        status, verdict = verify_offline(demo, forged)
        demo.check("with another outcome the same proof is refused", status == 1, verdict)
        answer = other.http.get(PROOFS, params={"request_id": request_id})
        demo.check_answer("another lender's is unknown", answer.status_code == 404, answer)


def fetch_proof(demo: Demo, lender: Lender, request_id: str, *, told: str) -> Path:
    """The file of GET /v1/audit-proofs, once a checkpoint covers the call."""

    def answered() -> httpx.Response | None:
        answer = lender.http.get(PROOFS, params={"request_id": request_id})
        return answer if answer.status_code == 200 else None

    answer = demo.until(f"a checkpoint over the lender's {told}", answered, limit_s=90, every_s=3)
    bundle = demo.out / f"audit-proof-{told}.json"
    bundle.write_text(json.dumps(answer.json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    hashes = len(answer.json()["proofs"][0]["path"])
    demo.say(f"the proof: {bundle.name} ({hashes} hashes under the signed root of the whole chain)")
    return bundle


def verify_offline(demo: Demo, bundle: Path) -> tuple[int, str]:
    """Exit status and verdict of the verifier's command; it gets the bundle and a public key, and no environment."""
    command = [sys.executable, "-m", "altscore_audit_verifier.proof", str(bundle)]
    command += ["--public-key", str(demo.pki("public/audit-checkpoint.pem"))]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout.strip() or done.stderr[-300:]


def witness_names(demo: Demo) -> int:
    """The first entry that the witness says was changed, 0 for none."""
    address = f"{demo.stack['hosts']['audit-witness']}:{demo.port('audit-witness')}"
    page = httpx.get(f"http://{address}/metrics", timeout=5, trust_env=False).text
    series = 'altscore_audit_verifier_first_broken_seq{chain="general"} '
    return next((int(float(line.removeprefix(series))) for line in page.splitlines() if line.startswith(series)), 0)


def tamper(demo: Demo) -> bool:
    """The superuser changes one row: verification names it; then the row is put back."""
    change = "UPDATE audit_log SET payload = %s WHERE chain = 'general' AND seq = %s"
    seq = demo.count("audit", "SELECT max(seq) / 2 FROM audit_log WHERE chain = 'general'")
    with demo.superuser("audit") as connection:
        row = connection.execute(
            "SELECT payload FROM audit_log WHERE chain = 'general' AND seq = %s", (seq,)
        ).fetchone()
        assert row is not None  # noqa: S101  # half of the highest number exists in a gapless chain
        connection.execute(SILENT.format("DISABLE").encode())
        try:
            connection.execute(change, (row[0].replace('"outcome":"', '"outcome":"not '), seq))
            verdict = verify(demo)
            begun = time.monotonic()
            demo.until("the witness names the change", lambda: witness_names(demo) == seq, limit_s=120)
            witnessed_s = time.monotonic() - begun
        finally:
            connection.execute(change, (row[0], seq))
            connection.execute(SILENT.format("ENABLE ALWAYS").encode())
    named = not verdict["ok"] and str(seq) in json.dumps(verdict)
    demo.check("a row changed by the database's superuser is named", named, f"entry {seq}")
    demo.check(
        "the witness, which verifies all the time, names it within 60 s", witnessed_s <= 60, f"{witnessed_s:.0f} s"
    )
    demo.check("put back, the chain verifies again", verify(demo)["ok"])
    return named
