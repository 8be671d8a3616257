"""The order of a lender's call: parse, token, limits, consent, replay, disclosure, score; the front desk audits."""

import hashlib
from dataclasses import dataclass

import asyncpg
import orjson
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, RateLimited
from altscore_libs.rls import ContextSigner
from pydantic import ValidationError
from starlette.responses import Response

from altscore_score import store
from altscore_score.access import AccessState, Authenticator
from altscore_score.clients import ConsentGate, VaultClient
from altscore_score.domain import Allow, Ask, Deny, is_gstin, language_of
from altscore_score.errors import ConsentNotGranted, IdempotencyConflict
from altscore_score.front import Answer, Call, FrontDesk, Raced, Trace, limited, parse_json, refusal_of
from altscore_score.gate import Gate
from altscore_score.journal import Also, Journal
from altscore_score.models import LookupRequest, ScoreRequest
from altscore_score.rendering import Renderer
from altscore_score.scorebook import Scorebook

ASK_AGAIN_S = 600
NOBODY = "ret_"  # no retailer has it: an unknown GSTIN costs the same reading as a known one


@dataclass(frozen=True)
class ScoreDesk:
    """POST /v1/score."""

    front: FrontDesk
    authenticator: Authenticator
    state: AccessState
    gate: Gate
    consent: ConsentGate
    scorebook: Scorebook
    renderer: Renderer
    journal: Journal
    signer: ContextSigner
    pool: asyncpg.Pool
    clock: Clock

    async def answer(self, call: Call) -> Response:
        """The audited reply: a score, or the one refusal that the contract names for the case."""
        return await self.front.handle(call, self._score, served="score_requested", refused="score_refused")

    async def _score(self, trace: Trace) -> Answer:
        call = trace.call
        request = parse_score_request(call)
        lender_id = await self.authenticator.lender(call.headers)
        ask = Ask(request.retailer_id, lender_id, request.purpose)
        trace.lender_id, trace.retailer_id = lender_id, ask.retailer_id
        trace.details["purpose"] = ask.purpose
        digest, kept = hashlib.sha256(call.body).digest(), await self._kept(call, lender_id)
        is_replay = kept is not None and kept.body_digest == digest
        admission = await self.gate.admit(lender_id, ask.retailer_id, nonce=trace.nonce, spends=not is_replay)
        trace.admission = admission
        if not admission.is_admitted:
            raise limited(admission)
        decision = await self.consent.check(ask)
        if isinstance(decision, Deny):
            raise decision.error()
        trace.details["consent_id"] = decision.consent_id
        if kept is not None:
            if not is_replay:
                raise IdempotencyConflict()
            return Answer(kept.reply, "replayed", {"Content-Language": kept.language})
        if not admission.may_disclose:
            raise RateLimited(
                "three disclosures of a retailer are allowed in 24 hours",
                headers={"Retry-After": str(admission.disclose_after_s)},
            )
        trace.also = self._request_scoring(ask)
        now = self.clock.now()
        found = await self.scorebook.find(
            decision, admission, now=now, run_blocked_at=self.state.current.run_blocked_at
        )
        language = language_of(call.headers.get("accept-language", ""))
        body = self.renderer.render(
            decision,
            found.score,
            now=now,
            language=language,
            request_id=call.request_id,
            requested_limit_inr=request.requested_limit_inr,
        )
        record = found.score.record
        trace.details |= {
            "score_id": record.score_id,
            "score_version": record.score_version,
            "response_band": record.risk_band,
            "source": found.source,
        }
        trace.also = self._keep(call, lender_id, store.KeptReply(digest, language, body))
        return Answer(body, "served", {"Content-Language": language})

    async def _kept(self, call: Call, lender_id: str) -> store.KeptReply | None:
        key = call.key()
        if key is None:
            return None
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            return await store.kept_reply(connection, lender_id, key, now=self.clock.now())

    def _keep(self, call: Call, lender_id: str, kept: store.KeptReply) -> Also | None:
        key = call.key()
        if key is None:
            return None

        async def keep(connection: asyncpg.Connection) -> None:
            await self.signer.enter(connection, lender_id)
            if not await store.keep_reply(connection, lender_id, key, kept, now=self.clock.now()):
                raise Raced()

        return keep

    def _request_scoring(self, ask: Ask) -> Also:
        async def request(connection: asyncpg.Connection) -> None:
            now = self.clock.now()
            await self.signer.enter(connection, ask.lender_id)
            if await store.claim_score_request(
                connection, ask.lender_id, ask.retailer_id, now=now, every_s=ASK_AGAIN_S
            ):
                data = {"retailer_id": ask.retailer_id, "lender_id": ask.lender_id, "requested_at": now}
                await self.journal.outbox.add(connection, "score.requested", key=ask.retailer_id, data=data)

        return request


@dataclass(frozen=True)
class LookupDesk:
    """GET and POST /v1/retailers/lookup."""

    front: FrontDesk
    authenticator: Authenticator
    gate: Gate
    consent: ConsentGate
    vault: VaultClient
    signer: ContextSigner
    pool: asyncpg.Pool

    async def answer(self, call: Call, gst: str | None) -> Response:
        """The audited reply: the id behind a GSTIN, or the refusal that unknown and unconsented share.

        Args:
            call: as it came.
            gst: of the query string; None where the body holds it.
        """

        async def work(trace: Trace) -> Answer:
            return await self._look_up(trace, gst)

        return await self.front.handle(call, work, served="identity_lookup", refused="identity_lookup")

    async def _look_up(self, trace: Trace, gst: str | None) -> Answer:
        gstin = parse_gstin(trace.call, gst)
        trace.lender_id = await self.authenticator.lender(trace.call.headers)
        trace.admission = await self.gate.admit(trace.lender_id, None, nonce=trace.nonce)
        if not trace.admission.is_admitted:
            raise limited(trace.admission)
        retailer_id = await self.vault.retailer_of(gstin)
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, trace.lender_id)
            purposes = await store.granted_purposes(connection, trace.lender_id, retailer_id or NOBODY)
        for purpose in purposes:
            if retailer_id is None:
                break
            decision = await self.consent.check(Ask(retailer_id, trace.lender_id, purpose))
            if isinstance(decision, Allow):
                trace.retailer_id = retailer_id
                body = orjson.dumps({"retailer_id": retailer_id, "consent_active": True})
                return Answer(body, "served", {})
        raise ConsentNotGranted()


def parse_score_request(call: Call) -> ScoreRequest:
    """The request for a score.

    Raises:
        InvalidRetailerId: the id has another form.
        InvalidRequest: anything else that breaks the schema; the input is never part of the message.
    """
    try:
        return ScoreRequest.model_validate(parse_json(call))
    except ValidationError as error:
        raise refusal_of(error) from None


def parse_gstin(call: Call, gst: str | None) -> str:
    """The GSTIN of a lookup.

    Raises:
        InvalidRequest: none, or not of the form of one; the value is never part of the message.
    """
    if gst is None:
        try:
            gst = LookupRequest.model_validate(parse_json(call)).gst
        except ValidationError as error:
            raise refusal_of(error) from None
    if not is_gstin(gst):
        raise InvalidRequest("the request does not match the schema", errors=[FieldError("gst", "not_a_gstin")])
    return gst
