"""The vault on a database of its own, with keys in memory: what the tests about its rows and callers talk to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from altscore_ingestion.vault.access.quotas import LookupLimits, LookupQuotas
from altscore_ingestion.vault.app import create_app
from altscore_ingestion.vault.crypto import VaultKeys, WrappingKeys
from altscore_ingestion.vault.wiring import create_services
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, SoftwareSigner, SoftwareWrapper, api_client
from fastapi import FastAPI

MIGRATIONS = Path(__file__).resolve().parents[2] / "services" / "ingestion" / "migrations_vault"
CATALOGUE = SchemaCatalog.load(SCHEMAS)


@dataclass
class VaultSide:
    """The vault, and its database as the vault's own role sees it."""

    app: FastAPI
    pool: asyncpg.Pool
    keys: VaultKeys
    outbox: Outbox
    quotas: LookupQuotas

    async def call(self, caller: str, path: str, **body: Any) -> Any:
        """Calls a route as that service."""
        async with api_client(self.app, caller) as client:
            return await client.post(f"/internal/{path}", json=body)

    async def ledger(self, distributor_id: str, reference: str, **facts: str) -> bytes:
        """Stores a ledger as ingestion does; its subject token."""
        identity = {"retailer_ref": reference, **facts}
        answer = await self.call("ingestion", "identities", distributor_id=distributor_id, identities=[identity])
        assert answer.status_code == 200, answer.text
        return bytes.fromhex(answer.json()["identities"][0]["subject_token"])

    async def shop(self, reference: str, *, distributor_id: str = "dist_a", **facts: str) -> str:
        """Stores a ledger; the id of its retailer."""
        token = await self.ledger(distributor_id, reference, **facts)
        retailer_id: str = await self.pool.fetchval("SELECT retailer_id FROM subject WHERE subject_token = $1", token)
        return retailer_id

    async def resolved(self, phone: str) -> set[str]:
        """Whose phone it is, as webhook is told."""
        answer = await self.call("webhook", "phones/resolve", phone=phone)
        assert answer.status_code == 200, answer.text
        return {item["retailer_id"] for item in answer.json()["retailers"]}

    async def revealed(self, retailer_id: str) -> str | None:
        """Where notification is told to write to."""
        answer = await self.call("notification", "phones/reveal", retailer_id=retailer_id, message_id="msg_" + "0" * 32)
        assert answer.status_code in (200, 404), answer.text
        return answer.json().get("phone") if answer.status_code == 200 else None

    async def mapped(self, *retailer_ids: str) -> dict[str, str]:
        """Retailer by subject token, as the pipeline is told."""
        answer = await self.call("pipeline", "identities/map", retailer_ids=list(retailer_ids))
        assert answer.status_code == 200, answer.text
        return {item["subject_token"]: item["retailer_id"] for item in answer.json()["map"]}

    async def audited(self, action: str) -> list[dict[str, Any]]:
        """Audit events of one action, in order."""
        rows = await self.pool.fetch("SELECT name, payload FROM outbox WHERE name = 'audit_event' ORDER BY id")
        events = [CATALOGUE.decode(row["name"], row["payload"]) for row in rows]
        return [event for event in events if event["action"] == action]


async def open_vault(pool: asyncpg.Pool, **limits: int) -> VaultSide:
    """The vault on this database."""
    clock = SystemClock()
    outbox = Outbox(CATALOGUE, "vault", clock, mac_key=OUTBOX_KEY)
    keys = await VaultKeys.open(WrappingKeys(SoftwareWrapper(), "vault-kek"))
    services = create_services(
        pool,
        outbox=outbox,
        keys=keys,
        signer=SoftwareSigner("erasure-signing"),
        clock=clock,
        limits=LookupLimits(**limits),
    )
    return VaultSide(create_app(services), pool, keys, outbox, services.quotas)
