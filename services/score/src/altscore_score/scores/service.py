"""POST /v1/score: authenticate, admit, check consent, serve, write the audit entry; each step has a typed result."""

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
import orjson
from altscore_libs import logs
from altscore_libs.clock import Clock
from altscore_libs.errors import AltScoreError, RateLimited, Unavailable
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score.access.authentication import AccessState, Authenticator, Lender
from altscore_score.audit.domain import ExtraWrite, recorded_purpose
from altscore_score.audit.service import AuditWriter
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Refused, Served
from altscore_score.calls.service import (
    AuditedEndpoint,
    observe,
    parse_json,
    refuse_doubled_headers,
    validated,
)
from altscore_score.clients import CachedConsentChecker
from altscore_score.errors import IdempotencyConflict, RetailerNotScored, problem
from altscore_score.idempotency.domain import (
    DUPLICATE_REQUEST,
    DuplicateRequest,
    IdempotencyKey,
    StoredReply,
)
from altscore_score.idempotency.service import IdempotencyStore, idempotency_key
from altscore_score.limits.domain import Admission
from altscore_score.limits.service import Mark, RateLimiter, disclosures_spent, rate_limited
from altscore_score.sandbox.service import Sandbox
from altscore_score.scores import store
from altscore_score.scores.domain import (
    Allow,
    ConsentKey,
    Decision,
    Deny,
    Label,
    language_of,
    score_body,
)
from altscore_score.scores.reader import CachedScore, ScoreCache, ScoreReader
from altscore_score.scores.schemas import ScoreRequest

ACTIONS = Actions(served="score_requested", refused="score_refused")
ASK_AGAIN_S = 600
_MOST_ATTEMPTS = 3


class _Authenticated(NamedTuple):
    record: CallRecord
    request: ScoreRequest
    lender: Lender
    key: IdempotencyKey | None


class _Admitted(NamedTuple):
    record: CallRecord
    authenticated: _Authenticated
    nonce: str
    admission: Admission
    cached: CachedScore
    stored: StoredReply | None
    is_answered: bool
    consent_check: Awaitable[Decision] | None


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
        """The audited reply: a score, or the one refusal that the contract names for the case.

        A call whose X-Request-ID turns out to be answered already is processed again as a replay.
        """
        record = CallRecord(call, time.perf_counter())
        reply: Response | DuplicateRequest = DUPLICATE_REQUEST
        for attempt in range(_MOST_ATTEMPTS):
            reply = await self._attempt(record, reads_stored=attempt > 0)
            if not isinstance(reply, DuplicateRequest):
                break
        if isinstance(reply, DuplicateRequest):
            busy = Unavailable("the same X-Request-ID is being answered")
            reply = await self.endpoint.refuse(Refused(record, busy), ACTIONS)
        observe(ACTIONS, reply, record.started_s)
        return reply

    async def recheck(self, call: Call) -> Response | None:
        """The refusal that a call meets now, found out without spending or disclosing; None where it meets none.

        Nothing is audited: the refusal was when it was paid for, and the batch that asks again is.
        """
        try:
            authenticated = await self._authenticate(CallRecord(call, time.perf_counter()))
            now = self.clock.now()
            if authenticated.lender.is_sandbox:
                self.sandbox.score(authenticated.request, language="en", request_id=call.request_id, now=now)
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

    async def _attempt(self, record: CallRecord, *, reads_stored: bool) -> Response | DuplicateRequest:
        try:
            authenticated = await self._authenticate(record)
        except AltScoreError as error:
            return await self.endpoint.refuse(Refused(record, error), ACTIONS)
        try:
            admitted = await self._admit(authenticated, reads_stored=reads_stored)
        except AltScoreError as error:
            return await self.endpoint.refuse(Refused(authenticated.record, error), ACTIONS)
        try:
            return await self._answer_admitted(admitted, reads_stored=reads_stored)
        finally:
            self.limiter.end_reservation(
                authenticated.lender.lender_id, authenticated.request.retailer_id, admitted.admission
            )

    async def _answer_admitted(self, admitted: _Admitted, *, reads_stored: bool) -> Response | DuplicateRequest:
        outcome = await self._process(admitted)
        if isinstance(outcome, Refused) and not reads_stored:
            outcome = await self._unless_forgotten(outcome, admitted.authenticated)
        reply: Response | DuplicateRequest = DUPLICATE_REQUEST
        if not isinstance(outcome, DuplicateRequest):
            reply = await self.endpoint.reply(outcome, ACTIONS)
        await self._settle(admitted, outcome, reply)
        return reply

    async def _authenticate(self, record: CallRecord) -> _Authenticated:
        call = record.call
        refuse_doubled_headers(call.headers)
        request = validated(ScoreRequest, parse_json(call))
        lender = await self.authenticator.authenticate(call.headers, source=call.source)
        logs.bind(retailer_id=request.retailer_id)
        known = record._replace(
            lender_id=lender.lender_id,
            retailer_id=request.retailer_id,
            details={"purpose": recorded_purpose(request.purpose)},
        )
        return _Authenticated(
            record=known, request=request, lender=lender, key=idempotency_key(call.headers, call.body)
        )

    async def _admit(self, authenticated: _Authenticated, *, reads_stored: bool) -> _Admitted:
        """Limits, cached score and the mark of an answered X-Request-ID in one trip; consent is asked beside it."""
        record, request, lender, key = authenticated
        stored = await self.idempotency.find(lender.lender_id, key) if reads_stored and key is not None else None
        is_replay = stored is not None and key is not None and stored.body_digest == key.body_digest
        consent_check = None
        if not lender.is_sandbox and not self.limiter.is_throttled(lender.lender_id):
            consent_check = self.consents.start_check(_consent_key(authenticated))
        mark = None
        if key is not None and not reads_stored:
            mark = Mark(self.idempotency.mark_name(lender.lender_id, key), key.body_digest)
        nonce = self.limiter.new_nonce()
        trip = await self.limiter.admit_score(
            lender.lender_id,
            request.retailer_id,
            nonce=nonce,
            spends=not is_replay,
            cache_names=self.cache.names(lender.lender_id, request.retailer_id),
            mark=mark,
        )
        return _Admitted(
            record=record._replace(admission=trip.admission),
            authenticated=authenticated,
            nonce=nonce,
            admission=trip.admission,
            cached=CachedScore(trip.cached, trip.generation),
            stored=stored,
            is_answered=trip.is_answered,
            consent_check=consent_check,
        )

    async def _process(self, admitted: _Admitted) -> Outcome | DuplicateRequest:
        if admitted.is_answered:
            return DUPLICATE_REQUEST
        if not admitted.admission.is_admitted:
            return Refused(admitted.record, rate_limited(admitted.admission))
        if admitted.authenticated.lender.is_sandbox:
            return await self._serve(admitted, admitted.record, None)
        consented = await self._check_consent(admitted)
        if isinstance(consented, Refused):
            return consented
        return await self._serve(admitted, consented.record, consented.allow)

    async def _check_consent(self, admitted: _Admitted) -> _Consented | Refused:
        try:
            decision = await (admitted.consent_check or self.consents.check(_consent_key(admitted.authenticated)))
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
        language = language_of(call.headers.get("accept-language", ""))
        body = self.sandbox.score(
            admitted.authenticated.request, language=language, request_id=call.request_id, now=self.clock.now()
        )
        return self._with_new_reply(
            admitted, Served(record=record, body=body, outcome="sandbox", headers={"Content-Language": language})
        )

    async def _disclose(self, admitted: _Admitted, record: CallRecord, allow: Allow) -> Outcome:
        if not admitted.admission.may_disclose:
            raise disclosures_spent(admitted.admission)
        now = self.clock.now()
        try:
            score, source = await self.reader.read(
                allow, admitted.cached, now=now, run_blocked_at=self.state.current.run_blocked_at
            )
        except RetailerNotScored as error:
            return Refused(record, error, self._request_scoring(allow.key))
        language = language_of(record.call.headers.get("accept-language", ""))
        body = score_body(
            allow,
            score,
            labels=self.labels,
            now=now,
            language=language,
            request_id=record.call.request_id,
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
        served = Served(
            record=record, body=orjson.dumps(body), outcome="served", headers={"Content-Language": language}
        )
        return self._with_new_reply(admitted, served)

    def _with_new_reply(self, admitted: _Admitted, served: Served) -> Served:
        _, _, lender, key = admitted.authenticated
        if key is None:
            return served
        language = served.headers["Content-Language"]
        return served._replace(new_reply=self.idempotency.new_reply(lender.lender_id, key, language, served.body))

    async def _unless_forgotten(self, refusal: Refused, authenticated: _Authenticated) -> Refused | DuplicateRequest:
        """The refusal, unless the call is a replay whose mark Redis has forgotten: the stored row decides."""
        if authenticated.key is None:
            return refusal
        try:
            stored = await self.idempotency.find(authenticated.lender.lender_id, authenticated.key)
        except AltScoreError as error:
            return Refused(refusal.record, error)
        return refusal if stored is None else DUPLICATE_REQUEST

    async def _settle(
        self, admitted: _Admitted, outcome: Outcome | DuplicateRequest, reply: Response | DuplicateRequest
    ) -> None:
        """Marks what was answered; gives back what was reserved and not used."""
        lender, key = admitted.authenticated.lender, admitted.authenticated.key
        is_duplicate = isinstance(reply, DuplicateRequest)
        if not isinstance(reply, DuplicateRequest) and reply.status_code == 200:
            if key is not None and isinstance(outcome, Served) and outcome.new_reply is not None:
                self.idempotency.mark(lender.lender_id, key)
            return
        if admitted.admission.may_disclose or is_duplicate:
            await self.limiter.release(
                lender.lender_id,
                admitted.authenticated.request.retailer_id,
                nonce=admitted.nonce,
                counted_at_us=admitted.admission.counted_at_us,
                call_too=is_duplicate,
            )

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


def _with(record: CallRecord, **details: str) -> CallRecord:
    return record._replace(details={**record.details, **details})


def _consent_key(authenticated: _Authenticated) -> ConsentKey:
    request = authenticated.request
    return ConsentKey(request.retailer_id, authenticated.lender.lender_id, request.purpose)
