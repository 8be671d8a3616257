"""PUT /internal/admin/lenders/{id}: the owner of the secrets mints them, shows them once and keeps their hashes."""

from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_score.access.authentication import SecretHasher
from altscore_score.audit.service import AuditEntry, AuditWriter
from altscore_score.sandbox import test_id_of
from altscore_score.scores import store


class Minted(NamedTuple):
    """Secrets that were made just now; None where the credentials stood before."""

    live: str | None
    test: str | None


@dataclass(frozen=True)
class OnboardingService:
    """Makes lenders known, once each, with credentials for the sandbox beside the live ones."""

    pool: asyncpg.Pool
    secrets: SecretHasher
    audit_writer: AuditWriter
    clock: Clock

    async def onboard(self, lender_id: str, name: str) -> Minted:
        """The new lender's secrets; a lender that was onboarded before has its name brought up to date."""
        client_ids = (lender_id, test_id_of(lender_id))
        async with transaction(self.pool) as connection:
            missing = [one for one in client_ids if not await store.lender_exists(connection, one)]
            for one in client_ids:
                await store.rename_lender(connection, one, name)
        if not missing:
            return Minted(None, None)
        minted = {one: await self.secrets.mint() for one in missing}
        shown: dict[str, str] = {}

        async def add(connection: asyncpg.Connection) -> None:
            shown.clear()
            for one, (secret, secret_hash) in minted.items():
                if await store.add_lender(connection, one, name=name, secret_hash=secret_hash, now=self.clock.now()):
                    shown[one] = secret

        await self.audit_writer.write(AuditEntry("lender_onboarded", "admin", "onboarded", lender_id), add)
        return Minted(*map(shown.get, client_ids))
