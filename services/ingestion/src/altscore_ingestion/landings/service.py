"""SSH keys of distributors, and what happens to a file that is put: kept encrypted, read later, reported."""

from collections.abc import Sequence
from uuid import uuid4

import asyncpg
from altscore_libs import envelope
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import NotFound
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper
from prometheus_client import Counter

from altscore_ingestion.distributors.domain import SftpAccount
from altscore_ingestion.distributors.store import lock_distributor_row
from altscore_ingestion.errors import KeyRegistered, LandingsFull, NotAuthenticated
from altscore_ingestion.landings import store
from altscore_ingestion.landings.domain import (
    MAX_WAITING_FILES,
    REPORTS_SHOWN,
    Report,
    content_context,
    read_ssh_key,
)

_landed = Counter("altscore_ingest_sftp_files_total", "Finished files that were put by SFTP.")


class SftpKeyService:
    """Registers and revokes the SSH keys of distributors.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        clock: the time.
    """

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, *, clock: Clock) -> None:
        self._pool, self._outbox, self._clock = pool, outbox, clock

    async def register(self, distributor_id: str, public_key: str) -> str:
        """Accepts a key beside the others of the distributor; its fingerprint.

        Raises:
            InvalidRequest: no key that is taken.
            NotFound: no such distributor.
            KeyRegistered: the key was registered before; a revoked one never comes back.
        """
        key = read_ssh_key(public_key)
        async with transaction(self._pool) as connection:
            if not await lock_distributor_row(connection, distributor_id):
                raise NotFound("no such distributor")
            if not await store.insert_sftp_key(connection, distributor_id, key, self._clock.now()):
                raise KeyRegistered
            await self._audit(connection, "sftp_key_registered", distributor_id, {"fingerprint": key.fingerprint})
        return key.fingerprint

    async def revoke(self, distributor_id: str) -> int:
        """Ends every SSH key of a distributor, on open connections too; how many were accepted until now.

        Raises:
            NotFound: no such distributor.
        """
        async with transaction(self._pool) as connection:
            if not await lock_distributor_row(connection, distributor_id):
                raise NotFound("no such distributor")
            count = await store.revoke_sftp_keys(connection, distributor_id, self._clock.now())
            await self._audit(connection, "sftp_keys_revoked", distributor_id, {"keys": str(count)})
        return count

    async def _audit(
        self, connection: asyncpg.Connection, action: str, distributor_id: str, details: dict[str, str]
    ) -> None:
        await self._outbox.audit(
            connection, action, actor="admin", subject=distributor_id, outcome="success", details=details
        )


class LandingService:
    """What the SFTP server may do: recognise an account, keep a finished file, tell what became of earlier ones.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        wrapper: wraps the data key of each file.
        clock: the time.
    """

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, *, wrapper: KeyWrapper, clock: Clock) -> None:
        self._pool, self._outbox, self._wrapper, self._clock = pool, outbox, wrapper, clock

    async def account(self, distributor_id: str, fingerprint: str) -> SftpAccount | None:
        """The account that a name and a key open; None where they do not, or any more.

        Raises:
            Unavailable: the database.
        """
        async with transaction(self._pool) as connection:
            account = await store.find_account(connection, distributor_id, fingerprint)
        return None if account is None or account.refusal(self._clock.now()) else account

    async def land(self, account: SftpAccount, file_name: str, data: bytes) -> None:
        """Keeps a finished file; it is safe when this returns.

        Raises:
            NotAuthenticated: the key or the distributor was revoked since the session began.
            LandingsFull: too many files of the distributor wait.
            Unavailable: the database or the hardware module.
        """
        client_upload_id, key = uuid4(), envelope.new_key()
        wrapped = await self._wrapper.wrap(key)
        content = envelope.encrypt(key, data, context=content_context(client_upload_id))
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            current = await store.lock_account(connection, account)
            if refusal := "ssh_key_unknown" if current is None else current.refusal(now):
                raise NotAuthenticated(refusal, account.distributor_id)
            if await store.lock_landings(connection, account.distributor_id) >= MAX_WAITING_FILES:
                raise LandingsFull
            landed_id = await store.insert_landed(
                connection,
                account,
                file_name,
                client_upload_id=client_upload_id,
                size=len(data),
                key_wrapped=wrapped,
                content=content,
                now=now,
            )
            await self._outbox.audit(
                connection,
                "sftp_file_landed",
                actor=account.distributor_id,
                subject=str(client_upload_id),
                outcome="success",
                details={"landed_id": str(landed_id), "fingerprint": account.fingerprint, "bytes": str(len(data))},
            )
        _landed.inc()

    async def reports(self, account: SftpAccount) -> Sequence[Report]:
        """What became of the account's newest files.

        Raises:
            NotAuthenticated: revoked since the session began.
            Unavailable: the database.
        """
        if await self.account(account.distributor_id, account.fingerprint) is None:
            raise NotAuthenticated("ssh_key_revoked", account.distributor_id)
        async with transaction(self._pool) as connection:
            return await store.reports(connection, account.distributor_id, REPORTS_SHOWN)
