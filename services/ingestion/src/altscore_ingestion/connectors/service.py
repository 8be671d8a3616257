"""What a connector does besides sending batches."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple, get_args

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest
from altscore_libs.outbox import Outbox
from prometheus_client import Counter

from altscore_ingestion.batches.payload import DatedTable
from altscore_ingestion.connectors import store
from altscore_ingestion.connectors.domain import (
    ACCEPTED_PAGE,
    QUARANTINE_PAGE,
    QUARANTINE_SHOWN,
    AcceptedRecord,
    Heartbeat,
    QuarantinedRecord,
    QuarantinePlace,
)
from altscore_ingestion.distributors.authentication import Caller, ConnectorAuthenticator
from altscore_ingestion.distributors.certificates import key_of_request
from altscore_ingestion.distributors.domain import Connector, RotatedKey
from altscore_ingestion.distributors.issuer import CredentialIssuer
from altscore_ingestion.distributors.store import lock_distributor_row, newest_used_key
from altscore_ingestion.errors import KeySuperseded

_superseded = Counter(
    "altscore_connector_superseded_keys_total", "Rotations that were refused since the key's successor is in use."
)
_CURSOR = re.compile(r"(bat_[0-9a-f]{32})\.([a-z]{1,16})\.([0-9]{1,9})\Z")


class IssuedCertificate(NamedTuple):
    """A certificate and its end."""

    pem: str
    expires_at: datetime


@dataclass(frozen=True)
class HeartbeatAnswer:
    """What a connector learns from its heartbeat."""

    server_time: datetime
    api_key_expires_at: datetime
    certificate_expires_at: datetime
    quarantined: int


class ConnectorService:
    """Rotates credentials on a connector's own request, takes its heartbeat, lists its quarantine and what it sent.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        authenticator: checks credentials again where they are rotated.
        issuer: of keys and certificates.
        clock: the time.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        *,
        authenticator: ConnectorAuthenticator,
        issuer: CredentialIssuer,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._authenticator = authenticator
        self._issuer = issuer
        self._clock = clock

    async def rotate_key(self, caller: Caller, connector: Connector) -> RotatedKey:
        """Gives the key in use a successor; a successor that was never used is replaced.

        Raises:
            KeySuperseded: its successor was used already; audited.
            NotAuthenticated: the key was revoked meanwhile.
        """
        new_key, now = await self._issuer.new_key(), self._clock.now()
        distributor_id = connector.distributor_id
        async with self._authenticator.failures_audited(caller), transaction(self._pool) as connection:
            await lock_distributor_row(connection, distributor_id)
            await self._authenticator.verify_still_accepted(connection, connector)
            is_newest = await newest_used_key(connection, distributor_id) == connector.key.number
            key = await self._issuer.add_key(connection, distributor_id, new_key, now=now) if is_newest else None
            await self._outbox.audit(
                connection,
                "connector_key_rotated",
                actor=distributor_id,
                subject=distributor_id,
                outcome="success" if is_newest else "refused",
                reason=None if is_newest else KeySuperseded.code,
                details={"key_number": str(connector.key.number)},
            )
        if key is None:
            _superseded.inc()
            raise KeySuperseded
        return key

    async def rotate_certificate(self, caller: Caller, connector: Connector, csr_pem: str) -> IssuedCertificate:
        """A certificate over the key of the request; the older ones keep their own end.

        Raises:
            InvalidRequest: the certificate request is refused.
            NotAuthenticated: key or certificate was revoked meanwhile.
        """
        key, now = key_of_request(csr_pem), self._clock.now()
        distributor_id = connector.distributor_id
        async with self._authenticator.failures_audited(caller), transaction(self._pool) as connection:
            await lock_distributor_row(connection, distributor_id)
            await self._authenticator.verify_still_accepted(connection, connector)
            pem, expires_at = await self._issuer.certificate(connection, distributor_id, key, now=now, older_until=None)
            await self._outbox.audit(
                connection,
                "connector_certificate_rotated",
                actor=distributor_id,
                subject=distributor_id,
                outcome="success",
                details={"expires_at": expires_at.isoformat()},
            )
        return IssuedCertificate(pem, expires_at)

    async def heartbeat(self, connector: Connector, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """Stores what a connector says of itself."""
        now, distributor_id = self._clock.now(), connector.distributor_id
        async with transaction(self._pool) as connection:
            await store.upsert_heartbeat(connection, distributor_id, heartbeat, now=now)
            quarantined = await store.count_quarantined(connection, distributor_id, now - QUARANTINE_SHOWN)
        return HeartbeatAnswer(
            server_time=now,
            api_key_expires_at=connector.key.accepted_until,
            certificate_expires_at=connector.certificate.accepted_until,
            quarantined=quarantined,
        )

    async def quarantine(
        self, connector: Connector, after: str | None
    ) -> tuple[list[QuarantinedRecord], QuarantinePlace | None]:
        """A page of the connector's records that went to quarantine in the last 30 days, oldest batch first.

        Returns:
            The records, and the place after which the next page begins.

        Raises:
            InvalidRequest: `after` is no place that this list gave to this distributor.
        """
        place = None if after is None else _place(after)
        async with transaction(self._pool) as connection:
            since = self._clock.now() - QUARANTINE_SHOWN
            if place is not None:
                arrival = await store.batch_arrival(connection, connector.distributor_id, place.batch_id)
                if arrival is None:
                    raise _no_place()
                since = arrival
            records = await store.quarantined_records(
                connection, connector.distributor_id, since=since, after=place, limit=QUARANTINE_PAGE + 1
            )
        page = records[:QUARANTINE_PAGE]
        return page, page[-1].place if len(records) > len(page) else None

    async def highest_sequence(self, connector: Connector) -> int:
        """The greatest sequence number that was accepted of the connector's distributor; 0 where there is none."""
        async with transaction(self._pool) as connection:
            return await store.highest_sequence(connection, connector.distributor_id)

    async def accepted(self, connector: Connector, after: str | None) -> tuple[list[AcceptedRecord], bool]:
        """A page of what was accepted of the distributor: the newest statement of every record, by table and key.

        Returns:
            The records, and whether more follow the last of them.

        Raises:
            InvalidRequest: `after` is no record of this list.
        """
        table, dot, key = ("", ".", "") if after is None else after.partition(".")
        if not dot or (after is not None and table not in get_args(DatedTable)):
            raise _no_place()
        async with transaction(self._pool) as connection:
            records = await store.accepted_records(
                connection, connector.distributor_id, after=(table, key), limit=ACCEPTED_PAGE + 1
            )
        return records[:ACCEPTED_PAGE], len(records) > ACCEPTED_PAGE


def _place(after: str) -> QuarantinePlace:
    if not (match := _CURSOR.match(after)):
        raise _no_place()
    return QuarantinePlace(batch_id=match[1], table=match[2], position=int(match[3]))


_no_place = partial(
    InvalidRequest, "the query is not valid", errors=[FieldError("after", "is not a cursor of this list")]
)
