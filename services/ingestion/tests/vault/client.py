"""Calls of the vault as its callers make them, and what they leave behind."""

from typing import Any

from altscore_ingestion.vault.integrity.service import IntegrityService
from altscore_libs.clock import SystemClock
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, api_client

from ..world import CATALOGUE, VaultSide

GSTIN, OTHER_GSTIN, WRONG_GSTIN = "27AAACZ0000A1Z9", "29AAACZ0000A1Z5", "27AAACZ0000A1Z1"
PHONE = "9000000000"
MESSAGE = "msg_" + "0" * 32


async def put(vault: VaultSide, distributor_id: str, *identities: dict[str, Any]) -> list[dict[str, Any]]:
    async with api_client(vault.app, "ingestion") as client:
        answer = await client.post(
            "/internal/identities", json={"distributor_id": distributor_id, "identities": list(identities)}
        )
    assert answer.status_code == 200, answer.text
    stored: list[dict[str, Any]] = answer.json()["identities"]
    return stored


async def call(vault: VaultSide, caller: str, path: str, **body: Any) -> Any:
    if path == "/phones/reveal":
        body.setdefault("message_id", MESSAGE)
    async with api_client(vault.app, caller) as client:
        return await client.post(f"/internal{path}", json=body)


async def mac_rows(vault: VaultSide) -> int:
    """Gives MACs to rows that have none, as the command does."""
    outbox = Outbox(CATALOGUE, "vault", SystemClock(), mac_key=OUTBOX_KEY)
    return await IntegrityService(vault.pool, outbox=outbox, macs=vault.keys.row_macs).mac_unmaced()


async def retailer_of(vault: VaultSide, token: str) -> str:
    retailer_id: str = await vault.pool.fetchval(
        "SELECT retailer_id FROM subject WHERE subject_token = $1", bytes.fromhex(token)
    )
    return retailer_id


async def audited(vault: VaultSide, action: str) -> list[dict[str, Any]]:
    rows = await vault.pool.fetch("SELECT name, payload FROM outbox WHERE name = 'audit_event' ORDER BY id")
    events = [CATALOGUE.decode(row["name"], row["payload"]) for row in rows]
    return [event for event in events if event["action"] == action]
