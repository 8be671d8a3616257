"""`python -m demo`: runs the main job on the running stack, checks every step, writes summary.json."""

import argparse
import datetime as dt
import json
import os
import sys
from pathlib import Path

from demo.context import LAKE_LIMIT_S, LENDERS, PURPOSE, ROOT, Demo, DemoFailedError
from demo.steps import audit, bronze, consent, erasure, grievance, ingest, lake, lender, model, onboard, revoke, scores

STEPS = (
    ("ledgers", "0  Ledgers are generated, the simulators take them", ingest.make_ledgers),
    ("onboard", "1  Ops onboards distributors and two lenders", onboard.run),
    ("ingest", "2  Connectors read Tally, SAP Business One, CSV and SFTP and send their ledgers", ingest.run),
    ("bronze", "3  Bronze stands and cannot be deleted or shortened", bronze.run),
    ("consent", "4  Retailers are asked on WhatsApp", consent.run),
    ("lake", "5  Airflow runs Bronze to Silver to Gold", lake.run),
    ("model", "6  A model is trained, evaluated, registered and promoted by two", model.run),
    ("scores", "7  The engine scores, explains, checks and signs", scores.run),
    ("lender", "8  A lender asks", lender.run),
    ("grievance", "9  A lender files a grievance, an operator answers it", grievance.run),
    ("erasure", "10 A retailer is erased, and it is proven", erasure.run),
    ("revoke", "11 A retailer says NAHI", revoke.run),
    ("audit", "12 The audit chain holds", audit.run),
)


def main() -> int:
    """Runs the steps; 0 only if every check held."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--var", type=Path, default=Path(os.environ.get("ALTSCORE_VAR", ROOT / "var")))
    parser.add_argument("--size", choices=("full", "small"), default="full")
    parser.add_argument("--from", dest="start", choices=[key for key, _, _ in STEPS], help="go on from this step")
    parser.add_argument("--until", choices=[key for key, _, _ in STEPS], help="stop after this step")
    parser.add_argument("--engine", choices=tuple(LAKE_LIMIT_S), default=os.environ.get("ENGINE", "duckdb"))
    options = parser.parse_args()
    demo = Demo(options.var.resolve(), options.size, options.engine)
    demo.facts["as_of"] = dt.datetime.now(dt.UTC).date().isoformat()
    keys = [key for key, _, _ in STEPS]
    if options.start:
        demo.recall()
    try:
        for key, title, step in STEPS[keys.index(options.start or keys[0]) :]:
            with demo.step(key, title):
                step(demo)
            demo.write_summary()
            demo.keep_facts()
            if key == options.until:
                break
    except DemoFailedError as error:
        demo.console.print(f"\n[red bold]The demo failed:[/red bold] {error}")
        demo.write_summary()
        return 1
    closing(demo)
    return 0


def closing(demo: Demo) -> None:
    """What was seen, and where to look next."""
    demo.console.print(f"\n[bold green]{demo.checks} checks held.[/bold green] Record: {shown(demo.write_summary())}")
    if "lender" not in demo.summary:
        return
    demo.console.print("\n[bold]What the lender received[/bold]")
    demo.console.print_json(data=demo.summary["lender"]["body"])
    demo.console.print(f"\n[bold]Call it yourself[/bold] (the first lender's minute is spent, so as {LENDERS[1]})")
    demo.console.print(call_yourself(demo), soft_wrap=True, highlight=False, markup=False)
    urls, pages = demo.stack["urls"], f"https://localhost:{demo.port('admin')}"
    rights_request = demo.summary.get("erasure", {}).get("request_id", "")
    demo.console.print("\n[bold]Look around[/bold]")
    for what, where in (
        ("operators' pages (token of ops-1 in the secrets folder)", f"{pages}/"),
        ("the grievance (token of legal-1)", f"{pages}/grievances/{demo.facts.get('grievance_id', '')}"),
        ("the erasure and its proof (token of legal-1)", f"{pages}/rights/{rights_request}"),
        ("distributors' pages", f"https://localhost:{demo.port('portal')}/portal/"),
        ("lenders' pages", f"https://localhost:{demo.port('portal')}/lender/"),
        ("Airflow (user admin, password in the secrets folder)", urls["airflow"]),
        ("MLflow", f"{urls['mlflow']} (client certificate var/pki/ml-ops.crt)"),
        ("WhatsApp messages", f"{urls['whatsapp-sim-control']}/sim/messages"),
        ("the sandbox (docs/lenders/sandbox.md), its credentials", shown(demo.out / "sandbox.json")),
        ("logs", shown(demo.var / "logs")),
        ("secrets", shown(demo.var / "secrets")),
        ("status of every process", "make status"),
    ):
        demo.console.print(f"  {what}: {where}", soft_wrap=True, highlight=False)


def shown(path: Path) -> str:
    """A path as seen from the repository's root."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def call_yourself(demo: Demo) -> str:
    """curl commands for a token and a score; the credentials stand in a file of their own."""
    credentials = write_credentials(demo, "lender.json", prefix="")
    write_credentials(demo, "sandbox.json", prefix="test_")
    people = demo.facts["personas"]
    order = {"retailer_id": demo.facts["retailer_of_gstin"][people["to_call"]], "purpose": PURPOSE}
    post = f"curl -sS --cacert {shown(demo.pki('ca.pem'))} -H 'content-type: application/json'"
    pick = "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])'"
    return (
        f"  TOKEN=$({post} -d @{shown(credentials)} {demo.url('score')}/v1/auth/token | {pick})\n"
        f"  {post} -H \"Authorization: Bearer $TOKEN\" -H 'X-Client-ID: {LENDERS[1]}' \\\n"
        f"    -d '{json.dumps(order)}' {demo.url('score')}/v1/score | python3 -m json.tool"
    )


def write_credentials(demo: Demo, file: str, *, prefix: str) -> Path:
    """The body of a token request of the second lender, live or of its sandbox."""
    issued, path = demo.facts["lenders"][LENDERS[1]], demo.out / file
    path.touch(mode=0o600)
    body = {name: issued[prefix + name] for name in ("client_id", "client_secret")}
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
