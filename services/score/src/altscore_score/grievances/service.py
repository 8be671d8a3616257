"""POST /v1/grievances and GET /v1/grievances/{id}: lenders file here, admin owns and handles, the status comes back."""

import base64
import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import orjson
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, RateLimited, Unavailable
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox
from altscore_libs.rls import ContextSigner
from altscore_libs.sealedbox import BoxSealer
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.calls.service import Answer, AuditedEndpoint, Call, Trace, fitting, parse_json
from altscore_score.errors import ConsentNotGranted, GrievanceNotFound, IdempotencyConflict
from altscore_score.grievances import store
from altscore_score.grievances.schemas import GrievanceRequest
from altscore_score.grievances.store import QUOTA, QUOTA_WINDOW, Filing, StoredFiling
from altscore_score.retailers.service import PurposeFinder

BOX_FILE = "grievance-box.pem"
ACK_WITHIN, RESOLVE_WITHIN = timedelta(hours=24), timedelta(days=7)
_ID = re.compile(r"grv_[0-9a-f]{32}")


@dataclass(frozen=True)
class GrievanceFiling:
    """Files a grievance once: row, count, event and audit entry in one transaction.

    Args:
        pool: of the serving database.
        signer: of row-level-security contexts.
        outbox: of this service.
        clock: for the promises and the quota.
        box: seals the description to admin; nothing of it stays here.
        digest_key: of the keyed hash of requests.
    """

    pool: asyncpg.Pool
    signer: ContextSigner
    outbox: Outbox
    clock: Clock
    box: BoxSealer
    digest_key: bytes

    def digest(self, body: bytes) -> bytes:
        """Keyed, since a plain hash of a body with a short text or a phone hash in it could be guessed."""
        return hmac.new(self.digest_key, body, hashlib.sha256).digest()

    async def kept(self, call: Call, lender_id: str) -> StoredFiling | None:
        """What the call's X-Request-ID has filed already."""
        key = call.key()
        if key is None:
            return None
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            return await store.kept_filing(connection, lender_id, key, now=self.clock.now())

    async def file(self, call: Call, lender_id: str, request: GrievanceRequest) -> tuple[StoredFiling, bool]:
        """The filing, and whether it is new; consent has been checked.

        Raises:
            IdempotencyConflict: the X-Request-ID filed something else.
            InvalidRequest: the score is not of that retailer.
            RateLimited: five filings about that retailer in 24 hours.
            Unavailable: the database cannot be written.
        """
        filing = self._filing(call, lender_id, request)
        box = self.box.seal(request.description.encode(), filing.grievance_id.encode())
        try:
            async with transaction(self.pool) as connection:
                return await self._file(connection, filing, box)
        except asyncpg.PostgresError as error:
            raise Unavailable("the grievance cannot be written") from error

    async def _file(self, connection: asyncpg.Connection, filing: Filing, box: bytes) -> tuple[StoredFiling, bool]:
        await self.signer.enter(connection, filing.lender_id)
        if filing.request_key is not None:
            await store.lock_request(connection, filing.lender_id, filing.request_key)
            kept = await store.kept_filing(connection, filing.lender_id, filing.request_key, now=filing.filed_at)
            if kept is not None:
                return _same(kept, filing), False
        if not await store.score_is_of(connection, filing.score_id, filing.retailer_id):
            errors = [FieldError("score_id", "not_a_score_of_this_retailer")]
            raise InvalidRequest("the request does not match the retailer", errors=errors)
        await store.lock_retailer(connection, filing.retailer_id)
        recent = await store.recent_filings(connection, filing.retailer_id, now=filing.filed_at)
        check_quota(recent, filing.filed_at)
        await store.add(connection, filing)
        await self._announce(connection, filing, box)
        return StoredFiling(filing.grievance_id, filing.body_digest, filing.ack_by, filing.resolution_by), True

    def _filing(self, call: Call, lender_id: str, request: GrievanceRequest) -> Filing:
        now = self.clock.now()
        return Filing(
            new_id("grv"),
            lender_id,
            request.retailer_id,
            request.score_id,
            request.grievance_type,
            now,
            now + ACK_WITHIN,
            now + RESOLVE_WITHIN,
            call.key(),
            self.digest(call.body),
        )

    async def _announce(self, connection: asyncpg.Connection, filing: Filing, box: bytes) -> None:
        ids = ("grievance_id", "retailer_id", "lender_id", "score_id", "grievance_type")
        data = {name: getattr(filing, name) for name in (*ids, "filed_at", "ack_by", "resolution_by")}
        data["sealed_description"] = base64.b64encode(box).decode()
        await self.outbox.add(connection, "grievance.filed", key=filing.retailer_id, data=data)
        await self.outbox.audit(
            connection,
            "grievance_filed",
            actor=filing.lender_id,
            subject=filing.retailer_id,
            outcome="open",
            details={name: str(data[name]) for name in ("grievance_id", "score_id", "grievance_type")},
        )


def _same(kept: StoredFiling, filing: Filing) -> StoredFiling:
    if kept.body_digest != filing.body_digest:
        raise IdempotencyConflict()
    return kept


def check_quota(recent: list[datetime], now: datetime) -> None:
    """Passes while fewer than five filings about the retailer count, whoever filed them.

    Raises:
        RateLimited: with the seconds until the oldest of the five leaves the window.
    """
    if len(recent) >= QUOTA:
        wait_s = math.floor((recent[-QUOTA] + QUOTA_WINDOW - now).total_seconds()) + 1
        detail = f"{QUOTA} grievances about a retailer are taken in 24 hours"
        raise RateLimited(detail, headers={"Retry-After": str(max(1, wait_s))})


@dataclass(frozen=True)
class GrievanceService:
    """Both endpoints."""

    front: AuditedEndpoint
    authenticator: Authenticator
    purposes: PurposeFinder
    filings: GrievanceFiling

    async def file(self, call: Call) -> Response:
        """The audited reply to a filing; without a consent it is the one refusal that unknown retailers share."""
        return await self.front.handle(call, self._file, served="grievance_requested", refused="grievance_refused")

    async def read(self, call: Call, grievance_id: str) -> Response:
        """The audited reply to the lender that filed; to any other the id is unknown.

        No consent is asked: it shows no data of the retailer, and a dispute outlives the consent it is about.
        """

        async def work(trace: Trace) -> Answer:
            return await self._read(trace, grievance_id)

        return await self.front.handle(call, work, served="grievance_read", refused="grievance_read")

    async def _file(self, trace: Trace) -> Answer:
        call = trace.call
        request = fitting(GrievanceRequest, parse_json(call))
        lender_id = await self.authenticator.lender(call.headers)
        trace.lender_id, trace.retailer_id = lender_id, request.retailer_id
        trace.details["grievance_type"] = request.grievance_type
        kept = await self.filings.kept(call, lender_id)
        is_replay = kept is not None and kept.body_digest == self.filings.digest(call.body)
        await self.front.count(trace, lender_id, spends=not is_replay)
        allow = await self.purposes.find(lender_id, request.retailer_id)
        if allow is None:
            raise ConsentNotGranted()
        trace.details["consent_id"] = allow.consent_id
        filed, is_new = await self.filings.file(call, lender_id, request)
        trace.details |= {"grievance_id": filed.grievance_id, "score_id": request.score_id}
        return Answer(render_filed(filed), "served" if is_new else "replayed", {})

    async def _read(self, trace: Trace, grievance_id: str) -> Answer:
        trace.lender_id = await self.authenticator.lender(trace.call.headers)
        if not _ID.fullmatch(grievance_id):
            errors = [FieldError("grievance_id", "string_pattern_mismatch")]
            raise InvalidRequest("the request does not match the schema", errors=errors)
        trace.details["grievance_id"] = grievance_id
        await self.front.count(trace, trace.lender_id)
        async with transaction(self.filings.pool) as connection:
            await self.filings.signer.enter(connection, trace.lender_id)
            row = await store.find(connection, grievance_id)
        if row is None:
            raise GrievanceNotFound()
        trace.retailer_id = row["retailer_id"]
        trace.details["status"] = row["status"]
        return Answer(render_state(row, self.filings.clock.now()), "served", {})


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def render_filed(filed: StoredFiling) -> bytes:
    """The body of a filing's 200; the same bytes for a replay."""
    return orjson.dumps(
        {
            "grievance_id": filed.grievance_id,
            "status": "open",
            "ack_by": _instant(filed.ack_by),
            "resolution_sla": _instant(filed.resolution_by),
        }
    )


def sla_clock(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The promise that runs now: first to acknowledge, then to resolve; once resolved, whether that was in time."""
    stage = "acknowledgement" if row["status"] == "open" else "resolution"
    due_at = row["ack_by"] if stage == "acknowledgement" else row["resolution_by"]
    if row["resolved_at"] is not None:
        state, left_s = "met" if row["resolved_at"] <= due_at else "missed", 0
    else:
        left_s = math.floor((due_at - now).total_seconds())
        state = "running" if now <= due_at else "overdue"
    return {"stage": stage, "state": state, "due_at": _instant(due_at), "seconds_left": left_s}


def render_state(row: Mapping[str, Any], now: datetime) -> bytes:
    """The body of a status read."""
    body = {name: row[name] for name in ("grievance_id", "retailer_id", "score_id", "grievance_type", "status")}
    body |= {name: _instant(row[name]) for name in ("filed_at", "ack_by")}
    body["resolution_sla"] = _instant(row["resolution_by"])
    body |= {name: _instant(row[name]) for name in ("acknowledged_at", "resolved_at")}
    return orjson.dumps(body | {"resolution": row["resolution"], "sla_clock": sla_clock(row, now)})
