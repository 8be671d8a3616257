"""The order of a lender's call: parse, token, limits, consent, replay, disclosure, score; the front desk audits."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import AltScoreError, RateLimited
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score import store
from altscore_score.access import AccessState, Authenticator
from altscore_score.clients import ConsentGate
from altscore_score.domain import Allow, Ask, Decision, Deny, language_of
from altscore_score.errors import IdempotencyConflict
from altscore_score.front import Answer, Call, FrontDesk, Trace, fitting, limited, parse_json
from altscore_score.gate import Attempt, Gate
from altscore_score.journal import Also, Journal, Kept, Raced
from altscore_score.limits import Admission
from altscore_score.models import ScoreRequest
from altscore_score.rendering import Renderer
from altscore_score.sandbox import Sandbox, is_test
from altscore_score.scorebook import Scorebook

ASK_AGAIN_S = 600


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
    sandbox: Sandbox
    journal: Journal
    signer: ContextSigner
    clock: Clock

    async def answer(self, call: Call) -> Response:
        """The audited reply: a score, or the one refusal that the contract names for the case."""
        return await self.front.handle(call, self._work, served="score_requested", refused="score_refused")

    async def close(self) -> None:
        """Gives back the connections that serving keeps for itself."""
        await self.gate.close()
        await self.scorebook.close()
        await self.journal.close()

    async def _work(self, trace: Trace) -> Answer:
        try:
            return await self._score(trace)
        except AltScoreError:
            if await self._is_forgotten_replay(trace):
                raise Raced() from None
            raise

    async def _score(self, trace: Trace) -> Answer:
        call = trace.call
        request = fitting(ScoreRequest, parse_json(call))
        lender_id = await self.authenticator.lender(call.headers)
        ask = Ask(request.retailer_id, lender_id, request.purpose)
        trace.lender_id, trace.retailer_id = lender_id, ask.retailer_id
        trace.details["purpose"] = ask.purpose
        attempt = _attempt_of(call)
        kept = await self._kept(lender_id, attempt) if trace.is_again else None
        is_replay = kept is not None and attempt is not None and kept.body_digest == attempt.digest
        is_sandbox = is_test(lender_id)
        asked = self.consent.begin(ask) if not is_sandbox and self.gate.has_room(lender_id) else None
        trace.admission = await self.gate.admit(
            lender_id,
            ask.retailer_id,
            nonce=trace.nonce,
            spends=not is_replay,
            attempt=None if trace.is_again else attempt,
        )
        if trace.admission.is_answered:
            raise Raced()
        if not trace.admission.is_admitted:
            raise limited(trace.admission)
        allow = None if is_sandbox else await _allowed(trace, asked or self.consent.begin(ask))
        if kept is not None:
            if not is_replay:
                raise IdempotencyConflict()
            if allow is not None and allow.is_stale:
                await self.scorebook.require_granted(allow)
            return Answer(kept.reply, "replayed", {"Content-Language": kept.language})
        if allow is None:
            return self._play(trace, request, attempt)
        return await self._disclose(trace, request, allow, trace.admission, attempt)

    def _play(self, trace: Trace, request: ScoreRequest, attempt: Attempt | None) -> Answer:
        """The sandbox's answer; a persona has as many disclosures as its lender has calls."""
        language = language_of(trace.call.headers.get("accept-language", ""))
        body = self.sandbox.score(request, language=language, request_id=trace.call.request_id, now=self.clock.now())
        after = self._keep(trace, attempt, language, body) if attempt is not None else None
        return Answer(body, "sandbox", {"Content-Language": language}, after)

    async def _disclose(
        self, trace: Trace, request: ScoreRequest, allow: Allow, admission: Admission, attempt: Attempt | None
    ) -> Answer:
        if not admission.may_disclose:
            raise RateLimited(
                "three disclosures of a retailer are allowed in 24 hours",
                headers={"Retry-After": str(admission.disclose_after_s)},
            )
        trace.also = self._request_scoring(allow.ask)
        now = self.clock.now()
        found = await self.scorebook.find(allow, admission, now=now, run_blocked_at=self.state.current.run_blocked_at)
        language = language_of(trace.call.headers.get("accept-language", ""))
        body = self.renderer.render(
            allow,
            found.score,
            now=now,
            language=language,
            request_id=trace.call.request_id,
            requested_limit_inr=request.requested_limit_inr,
        )
        record = found.score.record
        trace.details |= {
            "score_id": record.score_id,
            "score_version": record.score_version,
            "response_band": record.risk_band,
            "source": found.source,
        }
        trace.also = None
        after = self._keep(trace, attempt, language, body) if attempt is not None else None
        return Answer(body, "served", {"Content-Language": language}, after)

    def _keep(self, trace: Trace, attempt: Attempt, language: str, body: bytes) -> Callable[[], None]:
        """Has the reply kept with the audit entry; returns what lets a replay find it sooner."""
        lender_id = trace.lender_id or ""
        context = self.signer.sign(lender_id)
        trace.kept = Kept(context, attempt.key, attempt.digest, language, body, self.clock.now())
        return partial(self.gate.answered, lender_id, attempt)

    async def _kept(self, lender_id: str, attempt: Attempt | None) -> store.KeptReply | None:
        if attempt is None:
            return None
        return await self.scorebook.kept(lender_id, attempt.key, now=self.clock.now())

    async def _is_forgotten_replay(self, trace: Trace) -> bool:
        """Whether a refused call is a replay that Redis has forgotten: the database's own row decides."""
        attempt = _attempt_of(trace.call)
        if attempt is None or trace.is_again or trace.admission is None or trace.lender_id is None:
            return False
        return await self._kept(trace.lender_id, attempt) is not None

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


def _attempt_of(call: Call) -> Attempt | None:
    key = call.key()
    return Attempt(key, hashlib.sha256(call.body).digest()) if key is not None else None


async def _allowed(trace: Trace, asked: Awaitable[Decision]) -> Allow:
    decision = await asked
    if isinstance(decision, Deny):
        raise decision.error()
    trace.details["consent_id"] = decision.consent_id
    return decision
