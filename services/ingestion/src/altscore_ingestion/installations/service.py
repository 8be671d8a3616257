"""Which installation sends for a distributor: the first one whose batch counts, until another one takes over."""

from collections.abc import Awaitable, Callable
from functools import partial

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox

from altscore_ingestion.distributors.authentication import Caller, ConnectorAuthenticator
from altscore_ingestion.distributors.domain import Connector, Sender
from altscore_ingestion.errors import OtherInstallation
from altscore_ingestion.installations import store
from altscore_ingestion.installations.domain import Installation


class InstallationService:
    """Refuses every installation but the one that sends; a caller that names none, as older connectors, is let through.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        authenticator: checks credentials again where an installation takes over.
        clock: the time.
    """

    def __init__(
        self, pool: asyncpg.Pool, outbox: Outbox, *, authenticator: ConnectorAuthenticator, clock: Clock
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._authenticator = authenticator
        self._clock = clock

    async def current(self, connector: Connector) -> Installation | None:
        """The installation that sends; None before the first batch that names one."""
        async with transaction(self._pool) as connection:
            return await store.find(connection, connector.distributor_id)

    async def require_own(self, connector: Connector) -> None:
        """Lets only the installation go on that sends.

        Raises:
            OtherInstallation: another one does; that this one tried is kept.
        """
        if connector.installation_id is None:
            return
        async with transaction(self._pool) as connection:
            current = await other_than(connection, connector)
            if current is not None:
                await store.note_refused(
                    connection, connector.distributor_id, connector.installation_id, now=self._clock.now()
                )
        if current is not None:
            raise OtherInstallation(current)

    async def take_over(
        self, caller: Caller, connector: Connector, *, installation_id: str, instead_of: str | None
    ) -> Installation:
        """Makes the caller's installation the one that sends; repeated, it changes nothing.

        Args:
            caller: for the audit of a failure.
            connector: which takes over.
            installation_id: that it names.
            instead_of: the installation that sends now, as the caller was told; None where none does.

        Raises:
            OtherInstallation: another one than `instead_of` sends.
            NotAuthenticated: key or certificate was revoked meanwhile.
        """
        distributor_id, now = connector.distributor_id, self._clock.now()
        async with self._authenticator.failures_audited(caller), transaction(self._pool) as connection:
            await self._authenticator.verify_still_accepted(connection, connector)
            current = await store.find(connection, distributor_id)
            if current is not None and current.installation_id == installation_id:
                return current
            if not await store.replace(connection, distributor_id, installation_id, instead_of=instead_of, now=now):
                raise OtherInstallation(await store.find(connection, distributor_id))
            await self._outbox.audit(
                connection,
                "connector_taken_over",
                actor=distributor_id,
                subject=distributor_id,
                outcome="success",
                details={"installation_id": installation_id, "instead_of": instead_of or "none"},
            )
        return Installation(installation_id, since=now, last_batch_at=None)


async def other_than(connection: asyncpg.Connection, sender: Sender) -> Installation | None:
    """The installation that sends, where it is not the sender's; None for a sender that names none."""
    if sender.installation_id is None:
        return None
    current = await store.find(connection, sender.distributor_id)
    return None if current is None or current.installation_id == sender.installation_id else current


def noting_batch(sender: Sender, clock: Clock) -> Callable[[asyncpg.Connection], Awaitable[None]] | None:
    """What the transaction in which a batch counts stores of its installation; None for a sender that names none."""
    if sender.installation_id is None:
        return None
    return partial(
        _note_batch, distributor_id=sender.distributor_id, installation_id=sender.installation_id, clock=clock
    )


async def _note_batch(
    connection: asyncpg.Connection, *, distributor_id: str, installation_id: str, clock: Clock
) -> None:
    """Stores that the installation's batch counts.

    Raises:
        OtherInstallation: another one has taken over while the batch was written.
    """
    if not await store.note_batch(connection, distributor_id, installation_id, now=clock.now()):
        raise OtherInstallation(await store.find(connection, distributor_id))
