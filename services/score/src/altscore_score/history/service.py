"""GET /v1/score/{retailer_id}/history: the last score of each month, under the rules that POST /v1/score has."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
import orjson
from altscore_libs import logs
from altscore_libs.clock import Clock
from altscore_libs.db import UNREACHABLE
from altscore_libs.errors import FieldError, InvalidRequest, Unavailable
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator, Lender
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Refused, Served
from altscore_score.calls.service import AuditedEndpoint, refused_on_error, validated
from altscore_score.clients import CachedConsentChecker
from altscore_score.errors import ConsentNotGranted
from altscore_score.history.domain import MonthValue, india_month
from altscore_score.history.schemas import HistoryRequest
from altscore_score.history.store import HistoryRow, read_history
from altscore_score.retailers.service import ConsentFinder
from altscore_score.sandbox.service import Sandbox
from altscore_score.scores.domain import (
    Allow,
    ConsentKey,
    Deny,
    ScoreRecord,
    SignatureInvalid,
    StoredScore,
    newest,
)
from altscore_score.scores.reader import SignatureVerifier

ACTIONS = Actions(served="score_history_read", refused="score_history_read")
MONTHS_DEFAULT, MONTHS_MAX = 6, 12
_MONTHS = re.compile(r"[1-9]|1[0-2]")
_log = logging.getLogger("altscore.score.history")


class Query(NamedTuple):
    """Path and query of a call as they came: every value of a name, in order."""

    retailer_id: str
    values: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class HistoryService:
    """Monthly snapshots; they disclose no current score, so they spend none of the three disclosures a day."""

    endpoint: AuditedEndpoint
    authenticator: Authenticator
    consents: CachedConsentChecker
    finder: ConsentFinder
    verifier: SignatureVerifier
    sandbox: Sandbox
    clock: Clock
    signer: ContextSigner
    pool: asyncpg.Pool

    async def answer(self, call: Call, query: Query) -> Response:
        """The audited reply: months, newest first, or the refusal that POST /v1/score has for the case."""

        async def work(record: CallRecord) -> Outcome:
            request = parse_history_request(query)
            lender = await self.authenticator.authenticate(call.headers, source=call.source)
            logs.bind(retailer_id=request.retailer_id)
            known = record._replace(lender_id=lender.lender_id, retailer_id=request.retailer_id)
            admitted = await self.endpoint.admit(known, lender.lender_id)
            if isinstance(admitted, Refused):
                return admitted
            return await refused_on_error(admitted, self._serve(admitted, request, lender))

        return await self.endpoint.handle(call, ACTIONS, work)

    async def _serve(self, record: CallRecord, request: HistoryRequest, lender: Lender) -> Outcome:
        if lender.is_sandbox:
            months = self.sandbox.history(request, now=self.clock.now())
            return Served(record, render_history(request.retailer_id, months), "sandbox")
        allow = await self._allow(lender.lender_id, request)
        known = record.with_details(purpose=allow.key.purpose, consent_id=allow.consent_id)
        return await refused_on_error(known, self._read(known, request, allow))

    async def _allow(self, lender_id: str, request: HistoryRequest) -> Allow:
        if request.purpose is None:
            allow = await self.finder.find(lender_id, request.retailer_id)
            if allow is None:
                raise ConsentNotGranted()
            return allow
        decision = await self.consents.check(ConsentKey(request.retailer_id, lender_id, request.purpose))
        if isinstance(decision, Deny):
            raise decision.error()
        return decision

    async def _read(self, record: CallRecord, request: HistoryRequest, allow: Allow) -> Outcome:
        months = await self.months(allow, request.months)
        body = render_history(request.retailer_id, months)
        return Served(record.with_details(months=str(len(months))), body, "served")

    async def months(self, allow: Allow, most: int) -> list[MonthValue]:
        """The last score of each month, the newest first, that no block hides from an allowed lender.

        Raises:
            ConsentNotGranted, DataInsufficient, ManualReviewRequired, RetailerNotScored: as newest().
            Unavailable: the store cannot be read, or holds a record whose signature is invalid.
        """
        row = await self._row(allow, most)
        scores = self._verified(row, allow.key.retailer_id)
        stored = StoredScore(
            is_granted=row.is_granted,
            grant_version=row.grant_version,
            record=scores[0] if scores else None,
            block_code=row.block_code,
            blocked_at=row.blocked_at,
            run_blocked_at=None,
        )
        newest(stored, allow)
        return [_month(score) for score in scores if row.blocked_at is None or score.scored_at > row.blocked_at]

    async def _row(self, allow: Allow, months: int) -> HistoryRow:
        context = self.signer.sign(allow.key.lender_id)
        try:
            return await read_history(self.pool, context, allow.key, months=months)
        except (*UNREACHABLE, asyncpg.PostgresError) as error:
            raise Unavailable("the score store cannot be read") from error

    def _verified(self, row: HistoryRow, retailer_id: str) -> list[ScoreRecord]:
        scores = []
        for snapshot in row.snapshots:
            try:
                score = self.verifier.open(snapshot.signed)
                if score.retailer_id != retailer_id or score.scored_at != snapshot.scored_at:
                    raise SignatureInvalid("a good signature in the wrong place")
            except SignatureInvalid as error:  # without that month, whoever changed it would choose what lenders see
                _log.critical("a stored score's signature is invalid", extra={"retailer_id": retailer_id})
                raise Unavailable("the score cannot be verified") from error
            scores.append(score)
        return scores


def render_history(retailer_id: str, months: Sequence[MonthValue]) -> bytes:
    """The body of a 200 of GET /v1/score/{retailer_id}/history."""
    return orjson.dumps({"retailer_id": retailer_id, "history": [month._asdict() for month in months]})


def _month(score: ScoreRecord) -> MonthValue:
    return MonthValue(
        month=india_month(score.scored_at),
        altscore=score.altscore,
        risk_band=score.risk_band,
        score_version=score.score_version,
    )


def parse_history_request(query: Query) -> HistoryRequest:
    """What a call asks for.

    Raises:
        InvalidRetailerId: the id has another form.
        InvalidRequest: another parameter is malformed or came twice; no value is part of the message.
    """
    data: dict[str, object] = {"retailer_id": query.retailer_id}
    for name in ("months", "purpose"):
        values = query.values.get(name, ())
        if len(values) > 1:
            raise InvalidRequest("a parameter came more than once", errors=[FieldError(name, "repeated")])
        if values:
            data[name] = values[0]
    months = data.get("months")
    if isinstance(months, str):
        if not _MONTHS.fullmatch(months):
            raise InvalidRequest("the request does not match the schema", errors=[FieldError("months", "not_1_to_12")])
        data["months"] = int(months)
    return validated(HistoryRequest, data)
