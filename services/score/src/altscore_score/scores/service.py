"""POST /v1/score: authenticate, admit, check consent, serve, write the audit entry; each step has a typed result."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
import orjson
from altscore_libs import logs
from altscore_libs.clock import Clock
from altscore_libs.errors import AltScoreError, RateLimited
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score.access.authentication import AccessState, Authenticator, Lender
from altscore_score.audit.domain import ExtraWrite
from altscore_score.audit.service import AuditWriter, recorded_purpose
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Refused, Served
from altscore_score.calls.service import AuditedEndpoint, read_request
from altscore_score.clients import CachedConsentChecker, StartedCheck
from altscore_score.errors import IdempotencyConflict, RetailerNotScored, problem
from altscore_score.idempotency.domain import (
    DUPLICATE_REQUEST,
    DuplicateRequest,
    IdempotencyKey,
    StoredReply,
)
from altscore_score.idempotency.service import IdempotencyStore, idempotency_key
from altscore_score.limits.service import Mark, RateLimiter, ScoreAdmission, disclosures_spent, rate_limited
from altscore_score.sandbox.service import Sandbox
from altscore_score.scores import store
from altscore_score.scores.domain import (
    Allow,
    ConsentKey,
    Deny,
    Label,
    score_body,
)
from altscore_score.scores.reader import CachedScore, ScoreCache, ScoreReader
from altscore_score.scores.schemas import ScoreRequest

ACTIONS = Actions(served="score_requested", refused="score_refused")
ASK_AGAIN_S = 600


class _Authenticated(NamedTuple):
    record: CallRecord
    request: ScoreRequest
    lender: Lender
    key: IdempotencyKey | None


class _Admitted(NamedTuple):
    record: CallRecord
    authenticated: _Authenticated
    trip: ScoreAdmission
    stored: StoredReply | None
    consent_check: StartedCheck | None


class _Consented(NamedTuple):
    record: CallRecord
    allow: Allow


@dataclass(frozen=True)
class ScoreService:
    """POST /v1/score."""

    endpoint: AuditedEndpoint
    authenticator: Authenticator
    state: AccessState
    limiter: RateLimiter
    cache: ScoreCache
    idempotency: IdempotencyStore
    consents: CachedConsentChecker
    reader: ScoreReader
    labels: dict[str, Label]
    sandbox: Sandbox
    audit: AuditWriter
    signer: ContextSigner
    clock: Clock

    async def answer(self, call: Call) -> Response:
        """The audited reply: a score, or the one refusal that the contract names for the case."""
        return await self.endpoint.handle_idempotent(call, ACTIONS, model=ScoreRequest, attempt=self._attempt)

    async def recheck(self, call: Call) -> Response | None:
        """The refusal that a call meets now, found out without spending or disclosing; None where it meets none.

        Nothing is audited: the refusal was when it was paid for, and the batch that asks again is.
        """
        try:
            request = read_request(call, ScoreRequest)
            authenticated = await self._authenticate(CallRecord(call, time.perf_counter()), request)
            now = self.clock.now()
            if authenticated.lender.is_sandbox:
                self.sandbox.score(request, language="en", request_id=call.request_id, now=now)
                return None
            decision = await self.consents.check(_consent_key(authenticated))
            if isinstance(decision, Deny):
                raise decision.error()
            await self.reader.read(
                decision, CachedScore(None, None), now=now, run_blocked_at=self.state.current.run_blocked_at
            )
        except AltScoreError as error:
            return None if isinstance(error, RateLimited) else problem(error, call.request_id)
        return None

    async def _attempt(self, record: CallRecord, request: ScoreRequest) -> Response | DuplicateRequest:
        try:
            authenticated = await self._authenticate(record, request)
        except AltScoreError as error:
            return await self.endpoint.reply(Refused(record, error), ACTIONS)
        try:
            admitted = await self._admit(authenticated)
        except AltScoreError as error:
            return await self.endpoint.reply(Refused(authenticated.record, error), ACTIONS)
        return await self._answer_admitted(admitted)

    async def _answer_admitted(self, admitted: _Admitted) -> Response | DuplicateRequest:
        authenticated = admitted.authenticated
        reply: Response | DuplicateRequest | None = None
        try:
            outcome = await self._process(admitted)
            if isinstance(outcome, Refused) and not outcome.record.is_duplicate:
                outcome = await self._unless_forgotten(outcome, authenticated)
            reply = outcome if isinstance(outcome, DuplicateRequest) else await self.endpoint.reply(outcome, ACTIONS)
            if _is_good(reply):
                self._mark(authenticated.key, outcome)
            return reply
        finally:
            await self.limiter.settle(
                authenticated.lender.lender_id,
                authenticated.request.retailer_id,
                admitted.trip,
                is_given_back=reply is not None and not _is_good(reply),
                call_too=isinstance(reply, DuplicateRequest),
            )

    async def _authenticate(self, record: CallRecord, request: ScoreRequest) -> _Authenticated:
        call = record.call
        lender = await self.authenticator.authenticate(call.headers, source=call.source)
        logs.bind(retailer_id=request.retailer_id)
        known = record._replace(
            lender_id=lender.lender_id,
            retailer_id=request.retailer_id,
            details={"purpose": recorded_purpose(request.purpose)},
        )
        key = idempotency_key(call.headers, call.body, lender_id=lender.lender_id)
        return _Authenticated(record=known, request=request, lender=lender, key=key)

    async def _admit(self, authenticated: _Authenticated) -> _Admitted:
        """Limits, cached score and the mark of an answered X-Request-ID in one trip; consent is asked beside it."""
        record, request, lender, key = authenticated
        stored = await self.idempotency.find(lender.lender_id, key) if record.is_duplicate and key is not None else None
        is_replay = stored is not None and key is not None and stored.body_digest == key.body_digest
        consent_check = None
        if not lender.is_sandbox and not self.limiter.is_throttled(lender.lender_id):
            consent_check = self.consents.start_check(_consent_key(authenticated))
        mark = None
        if key is not None and not record.is_duplicate:
            mark = Mark(key.mark_name, key.body_digest)
        trip = await self.limiter.admit_score(
            lender.lender_id,
            request.retailer_id,
            spends=not is_replay,
            cache_names=self.cache.names(lender.lender_id, request.retailer_id),
            mark=mark,
        )
        return _Admitted(
            record=record._replace(admission=trip.admission),
            authenticated=authenticated,
            trip=trip,
            stored=stored,
            consent_check=consent_check,
        )

    async def _process(self, admitted: _Admitted) -> Outcome | DuplicateRequest:
        if admitted.trip.is_answered:
            return DUPLICATE_REQUEST
        if not admitted.trip.admission.is_admitted:
            return Refused(admitted.record, rate_limited(admitted.trip.admission))
        if admitted.authenticated.lender.is_sandbox:
            return await self._serve(admitted, admitted.record, None)
        consented = await self._check_consent(admitted)
        if isinstance(consented, Refused):
            return consented
        return await self._serve(admitted, consented.record, consented.allow)

    async def _check_consent(self, admitted: _Admitted) -> _Consented | Refused:
        try:
            check = admitted.consent_check or self.consents.start_check(_consent_key(admitted.authenticated))
            decision = await self.consents.finish_check(check)
        except AltScoreError as error:
            return Refused(admitted.record, error)
        if isinstance(decision, Deny):
            return Refused(admitted.record, decision.error())
        known = _with(admitted.record, consent_id=decision.consent_id, purpose=decision.key.purpose)
        return _Consented(known, decision)

    async def _serve(self, admitted: _Admitted, record: CallRecord, allow: Allow | None) -> Outcome:
        """The stored reply of a replay, the sandbox's answer where no consent was checked, or the score."""
        try:
            if admitted.stored is not None:
                return await self._replay(admitted.authenticated.key, record, stored=admitted.stored, allow=allow)
            if allow is None:
                return self._sandbox_reply(admitted, record)
            return await self._disclose(admitted, record, allow)
        except AltScoreError as error:
            return Refused(record, error)

    async def _replay(
        self, key: IdempotencyKey | None, record: CallRecord, *, stored: StoredReply, allow: Allow | None
    ) -> Served:
        if key is None or stored.body_digest != key.body_digest:
            raise IdempotencyConflict()
        if allow is not None and allow.is_stale:
            await self.reader.require_granted(allow)
        return Served(
            record=record, body=stored.body, outcome="replayed", headers={"Content-Language": stored.language}
        )

    def _sandbox_reply(self, admitted: _Admitted, record: CallRecord) -> Served:
        """The sandbox's answer; a persona has as many disclosures as its lender has calls."""
        call = record.call
        body = self.sandbox.score(
            admitted.authenticated.request, language=call.language, request_id=call.request_id, now=self.clock.now()
        )
        return self._served(admitted.authenticated, record, body, outcome="sandbox")

    async def _disclose(self, admitted: _Admitted, record: CallRecord, allow: Allow) -> Outcome:
        trip, call, now = admitted.trip, record.call, self.clock.now()
        if not trip.admission.may_disclose:
            raise disclosures_spent(trip.admission)
        cached = CachedScore(trip.cached, trip.generation)
        try:
            score, source = await self.reader.read(
                allow, cached, now=now, run_blocked_at=self.state.current.run_blocked_at
            )
        except RetailerNotScored as error:
            return Refused(record, error, self._request_scoring(allow.key))
        body = score_body(
            allow,
            score,
            labels=self.labels,
            now=now,
            language=call.language,
            request_id=call.request_id,
            requested_limit_inr=admitted.authenticated.request.requested_limit_inr,
        )
        shown = score.record
        record = _with(
            record,
            score_id=shown.score_id,
            score_version=shown.score_version,
            response_band=shown.risk_band,
            source=source,
        )
        return self._served(admitted.authenticated, record, orjson.dumps(body), outcome="served")

    def _served(self, authenticated: _Authenticated, record: CallRecord, body: bytes, *, outcome: str) -> Served:
        """A good reply in the call's language, to be stored where the call has a key."""
        key, language = authenticated.key, record.call.language
        new_reply = None
        if key is not None:
            new_reply = self.idempotency.new_reply(authenticated.lender.lender_id, key, language=language, body=body)
        headers = {"Content-Language": language}
        return Served(record=record, body=body, outcome=outcome, headers=headers, new_reply=new_reply)

    async def _unless_forgotten(self, refusal: Refused, authenticated: _Authenticated) -> Refused | DuplicateRequest:
        """The refusal, unless the call is a replay whose mark Redis has forgotten: the stored row decides."""
        if authenticated.key is None:
            return refusal
        try:
            stored = await self.idempotency.find(authenticated.lender.lender_id, authenticated.key)
        except AltScoreError as error:
            return Refused(refusal.record, error)
        return refusal if stored is None else DUPLICATE_REQUEST

    def _mark(self, key: IdempotencyKey | None, outcome: Outcome | DuplicateRequest) -> None:
        if key is not None and isinstance(outcome, Served) and outcome.new_reply is not None:
            self.idempotency.mark(key)

    def _request_scoring(self, key: ConsentKey) -> ExtraWrite:
        async def request(connection: asyncpg.Connection) -> None:
            now = self.clock.now()
            await self.signer.enter(connection, key.lender_id)
            if await store.claim_score_request(
                connection, key.lender_id, key.retailer_id, now=now, every_s=ASK_AGAIN_S
            ):
                data = {"retailer_id": key.retailer_id, "lender_id": key.lender_id, "requested_at": now}
                await self.audit.outbox.add(connection, "score.requested", key=key.retailer_id, data=data)

        return request


def _is_good(reply: Response | DuplicateRequest) -> bool:
    return isinstance(reply, Response) and reply.status_code == 200


def _with(record: CallRecord, **details: str) -> CallRecord:
    return record._replace(details={**record.details, **details})


def _consent_key(authenticated: _Authenticated) -> ConsentKey:
    request = authenticated.request
    return ConsentKey(request.retailer_id, authenticated.lender.lender_id, request.purpose)
