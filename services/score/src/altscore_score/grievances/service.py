"""POST /v1/grievances and GET /v1/grievances/{id}: lenders file here, admin owns and handles, the status comes back."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

import asyncpg
import orjson
from altscore_libs import logs
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError, FieldError, InvalidRequest, Unavailable
from altscore_libs.hpke import HpkeEncryptor
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Refused, Served
from altscore_score.calls.service import AuditedEndpoint, read_request, refused_on_error
from altscore_score.errors import ConsentNotGranted, GrievanceNotFound, IdempotencyConflict
from altscore_score.grievances import store
from altscore_score.grievances.domain import (
    ACK_WITHIN,
    RESOLVE_WITHIN,
    Filing,
    StoredFiling,
    check_quota,
    filed_body,
    state_body,
)
from altscore_score.grievances.schemas import GrievanceRequest
from altscore_score.idempotency.service import request_uuid
from altscore_score.retailers.service import ConsentFinder

FILING = Actions(served="grievance_requested", refused="grievance_refused")
READING = Actions(served="grievance_read", refused="grievance_read")
BOX_FILE = "grievance-box.pem"
_ID = re.compile(r"grv_[0-9a-f]{32}")


@dataclass(frozen=True)
class GrievanceFiling:
    """Files a grievance once: row, count, event and audit entry in one transaction.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        outbox: of this service.
        clock: for the SLA and the quota.
        encryptor: encrypts the description to admin; nothing of it stays here.
        digest_key: of the keyed hash of requests.
    """

    pool: asyncpg.Pool
    signer: ContextSigner
    outbox: Outbox
    clock: Clock
    encryptor: HpkeEncryptor
    digest_key: bytes

    def digest(self, body: bytes) -> bytes:
        """Keyed, since a plain hash of a body with a short text or a phone hash in it could be guessed."""
        return hmac.new(self.digest_key, body, hashlib.sha256).digest()

    async def find_stored(self, call: Call, lender_id: str) -> StoredFiling | None:
        """What the call's X-Request-ID has filed already."""
        request_id = request_uuid(call.headers)
        if request_id is None:
            return None
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            return await store.stored_filing(connection, lender_id, request_id, now=self.clock.now())

    async def find(self, lender_id: str, grievance_id: str) -> asyncpg.Record | None:
        """A grievance that this lender filed."""
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            return await store.find(connection, grievance_id)

    async def file(self, call: Call, lender_id: str, request: GrievanceRequest) -> tuple[StoredFiling, bool]:
        """The filing, and whether it is new; consent has been checked.

        Raises:
            IdempotencyConflict: the X-Request-ID filed something else.
            InvalidRequest: the score is not of that retailer.
            RateLimited: five filings of this lender about that retailer in 24 hours.
            Unavailable: the database cannot be written.
        """
        filing = self._filing(call, lender_id, request)
        ciphertext = self.encryptor.encrypt(request.description.encode(), context=filing.grievance_id.encode())
        try:
            async with transaction(self.pool) as connection:
                return await self._file(connection, filing, ciphertext)
        except asyncpg.PostgresError as error:
            raise Unavailable("the grievance cannot be written") from error

    async def _file(
        self, connection: asyncpg.Connection, filing: Filing, ciphertext: bytes
    ) -> tuple[StoredFiling, bool]:
        await self.signer.enter(connection, filing.lender_id)
        if filing.request_key is not None:
            await store.lock_request(connection, filing.lender_id, filing.request_key)
            stored = await store.stored_filing(connection, filing.lender_id, filing.request_key, now=filing.filed_at)
            if stored is not None:
                if stored.body_digest != filing.body_digest:
                    raise IdempotencyConflict()
                return stored, False
        if not await store.score_is_of(connection, filing.score_id, filing.retailer_id):
            errors = [FieldError("score_id", "not_a_score_of_this_retailer")]
            raise InvalidRequest("the request does not match the retailer", errors=errors)
        await store.lock_retailer(connection, filing.lender_id, filing.retailer_id)
        recent = await store.recent_filings(connection, filing.lender_id, filing.retailer_id, now=filing.filed_at)
        check_quota(recent, filing.filed_at)
        await store.add(connection, filing)
        await self._announce(connection, filing, ciphertext)
        stored = StoredFiling(
            grievance_id=filing.grievance_id,
            body_digest=filing.body_digest,
            ack_by=filing.ack_by,
            resolution_by=filing.resolution_by,
        )
        return stored, True

    def _filing(self, call: Call, lender_id: str, request: GrievanceRequest) -> Filing:
        now = self.clock.now()
        return Filing(
            grievance_id=new_id("grv"),
            lender_id=lender_id,
            retailer_id=request.retailer_id,
            score_id=request.score_id,
            grievance_type=request.grievance_type,
            filed_at=now,
            ack_by=now + ACK_WITHIN,
            resolution_by=now + RESOLVE_WITHIN,
            request_key=request_uuid(call.headers),
            body_digest=self.digest(call.body),
        )

    async def _announce(self, connection: asyncpg.Connection, filing: Filing, ciphertext: bytes) -> None:
        ids = ("grievance_id", "retailer_id", "lender_id", "score_id", "grievance_type")
        data = {name: getattr(filing, name) for name in (*ids, "filed_at", "ack_by", "resolution_by")}
        data["sealed_description"] = base64.b64encode(ciphertext).decode()
        await self.outbox.add(connection, "grievance.filed", key=filing.retailer_id, data=data)
        await self.outbox.audit(
            connection,
            "grievance_filed",
            actor=filing.lender_id,
            subject=filing.retailer_id,
            outcome="open",
            details={name: str(data[name]) for name in ("grievance_id", "score_id", "grievance_type")},
        )


@dataclass(frozen=True)
class GrievanceService:
    """Both endpoints."""

    endpoint: AuditedEndpoint
    authenticator: Authenticator
    consents: ConsentFinder
    filing: GrievanceFiling

    async def file(self, call: Call) -> Response:
        """The audited reply to a filing; without a consent it is the one refusal that unknown retailers share."""

        async def work(record: CallRecord) -> Outcome:
            request = read_request(call, GrievanceRequest)
            lender = await self.authenticator.authenticate(call.headers, source=call.source)
            logs.bind(retailer_id=request.retailer_id)
            known = record._replace(
                lender_id=lender.lender_id,
                retailer_id=request.retailer_id,
                details={"grievance_type": request.grievance_type},
            )
            return await refused_on_error(known, self._file(known, request, lender.lender_id))

        return await self.endpoint.handle(call, FILING, work)

    async def _file(self, record: CallRecord, request: GrievanceRequest, lender_id: str) -> Outcome:
        call = record.call
        stored = await self.filing.find_stored(call, lender_id)
        is_replay = stored is not None and stored.body_digest == self.filing.digest(call.body)
        admitted = await self.endpoint.admit(record, lender_id, spends=not is_replay)
        if isinstance(admitted, Refused):
            return admitted
        return await refused_on_error(admitted, self._file_admitted(admitted, request, lender_id))

    async def _file_admitted(self, record: CallRecord, request: GrievanceRequest, lender_id: str) -> Outcome:
        allow = await self.consents.find(lender_id, request.retailer_id)
        if allow is None:
            raise ConsentNotGranted()
        known = record.with_details(consent_id=allow.consent_id)
        try:
            filed, is_new = await self.filing.file(record.call, lender_id, request)
        except AltScoreError as error:
            return Refused(known, error)
        known = known.with_details(grievance_id=filed.grievance_id, score_id=request.score_id)
        return Served(known, orjson.dumps(filed_body(filed)), "served" if is_new else "replayed")

    async def read(self, call: Call, grievance_id: str) -> Response:
        """The audited reply to the lender that filed; to any other the id is unknown.

        No consent is asked: it shows no data of the retailer, and a dispute outlives the consent it is about.
        """

        async def work(record: CallRecord) -> Outcome:
            lender = await self.authenticator.authenticate(call.headers, source=call.source)
            known = record._replace(lender_id=lender.lender_id)
            if not _ID.fullmatch(grievance_id):
                errors = [FieldError("grievance_id", "string_pattern_mismatch")]
                return Refused(known, InvalidRequest("the request does not match the schema", errors=errors))
            known = known.with_details(grievance_id=grievance_id)
            admitted = await self.endpoint.admit(known, lender.lender_id)
            if isinstance(admitted, Refused):
                return admitted
            return await refused_on_error(admitted, self._read(admitted, lender.lender_id, grievance_id))

        return await self.endpoint.handle(call, READING, work)

    async def _read(self, record: CallRecord, lender_id: str, grievance_id: str) -> Outcome:
        row = await self.filing.find(lender_id, grievance_id)
        if row is None:
            raise GrievanceNotFound()
        logs.bind(retailer_id=row["retailer_id"])
        known = record._replace(retailer_id=row["retailer_id"]).with_details(status=row["status"])
        return Served(known, orjson.dumps(state_body(row, self.filing.clock.now())), "served")
