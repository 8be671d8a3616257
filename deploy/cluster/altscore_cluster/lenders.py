"""Lenders of the proofs, onboarded through admin's API: `python -m altscore_cluster.lenders FOLDER`.

Run inside the cluster's network. A lender may call 100 times in a minute, so a steady load takes several.
"""

import json
import ssl
import sys
from pathlib import Path
from typing import Any

import httpx
from altscore_local.files import write_file

from altscore_cluster.load import PERSONA, PURPOSE

COUNT = 100  # each has a hundred calls a minute; the load of the autoscaler is 160 a second at most
_KEPT = "load-lenders.json"


def _client(base_url: str, ca: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, verify=ssl.create_default_context(cafile=ca), timeout=30, trust_env=False)


def onboard(stack: dict[str, Any], folder: Path) -> list[dict[str, str]]:
    """Credentials of COUNT lenders; each secret is shown once, so they are kept.

    Raises:
        SystemExit: admin refused.
    """
    kept = folder / _KEPT
    if kept.exists():
        return list(json.loads(kept.read_text(encoding="utf-8")))
    token = json.loads((folder / "secrets" / "operators.json").read_text(encoding="utf-8"))["ops-1"]
    lenders = []
    with _client(stack["urls"]["admin"], stack["paths"]["ca"]) as admin:
        admin.headers["Authorization"] = f"Bearer {token}"
        for number in range(COUNT):
            order = {"lender_id": f"lender_load{number:02d}", "name": f"Load {number:02d}"}
            answer = admin.post("/v1/admin/lenders", json=order)
            if answer.status_code not in (200, 201) or "test_client_secret" not in answer.json():
                raise SystemExit(f"admin does not onboard a lender: {answer.status_code} {answer.text[:300]}")
            lenders.append(dict(answer.json()))
    write_file(kept, json.dumps(lenders))
    return lenders


def tokens(stack: dict[str, Any], lenders: list[dict[str, str]]) -> list[dict[str, str]]:
    """A token of each lender's sandbox.

    Raises:
        SystemExit: none is given.
    """
    issued = []
    with _client(stack["urls"]["score"], stack["paths"]["ca"]) as score:
        for lender in lenders:
            credentials = {name: lender[f"test_{name}"] for name in ("client_id", "client_secret")}
            answer = score.post("/v1/auth/token", json=credentials)
            if answer.status_code != httpx.codes.OK:
                raise SystemExit(f"no token: {answer.status_code} {answer.text[:300]}")
            issued.append({"client_id": credentials["client_id"], "token": answer.json()["access_token"]})
    return issued


def ask_for_score(stack: dict[str, Any], lender: dict[str, str]) -> dict[str, Any]:
    """A lender's call.

    Raises:
        SystemExit: no score comes.
    """
    headers = {"Authorization": f"Bearer {lender['token']}", "X-Client-ID": lender["client_id"]}
    with _client(stack["urls"]["score"], stack["paths"]["ca"]) as score:
        answer = score.post("/v1/score", json={"retailer_id": PERSONA, "purpose": PURPOSE}, headers=headers)
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"no score: {answer.status_code} {answer.text[:300]}")
    return dict(answer.json())


def main() -> None:
    """Onboards, takes tokens, asks for one score, and writes what the load needs."""
    folder = Path(sys.argv[1])
    stack = json.loads((folder / "stack.json").read_text(encoding="utf-8"))
    issued = tokens(stack, onboard(stack, folder))
    score = ask_for_score(stack, issued[0])
    host, port = stack["hosts"]["score"], stack["ports"]["score"]
    write_file(
        folder / "load.json", json.dumps({"host": host, "port": port, "ca": stack["paths"]["ca"], "lenders": issued})
    )
    print(f"band {score['risk_band']}, {len(score['reason_codes'])} reasons, {len(issued)} lenders")


if __name__ == "__main__":
    main()
