"""GET /v1/score/{retailer_id}/history: the last score of each month, under the rules that POST /v1/score has."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.errors import FieldError, InvalidRequest, Unavailable
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.calls.service import Answer, AuditedEndpoint, Call, Trace, fitting
from altscore_score.clients import CachedConsentChecker
from altscore_score.errors import ConsentNotGranted
from altscore_score.history.store import HistoryRow, read_history
from altscore_score.retailers.bodies import MonthValue, india_month, render_history
from altscore_score.retailers.service import PurposeFinder
from altscore_score.sandbox import Sandbox, is_test
from altscore_score.scores.domain import Allow, ConsentKey, Deny, StoredScore, newest
from altscore_score.scores.records import ScoreRecord, SignatureInvalid, SignatureVerifier
from altscore_score.scores.schemas import HistoryRequest

ACTION = "score_history_read"
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

    front: AuditedEndpoint
    authenticator: Authenticator
    consent: CachedConsentChecker
    purposes: PurposeFinder
    seals: SignatureVerifier
    sandbox: Sandbox
    clock: Clock
    signer: ContextSigner
    pool: asyncpg.Pool

    async def answer(self, call: Call, query: Query) -> Response:
        """The audited reply: months, newest first, or the refusal that POST /v1/score has for the case."""

        async def work(trace: Trace) -> Answer:
            return await self._history(trace, query)

        return await self.front.handle(call, work, served=ACTION, refused=ACTION)

    async def _history(self, trace: Trace, query: Query) -> Answer:
        request = parse_history_request(query)
        lender_id = await self.authenticator.lender(trace.call.headers)
        trace.lender_id, trace.retailer_id = lender_id, request.retailer_id
        await self.front.count(trace, lender_id)
        if is_test(lender_id):
            return Answer(self.sandbox.history(request, now=self.clock.now()), "sandbox", {})
        allow = await self._allow(lender_id, request)
        trace.details |= {"purpose": allow.ask.purpose, "consent_id": allow.consent_id}
        row = await self._read(allow, request.months)
        records = self._records(row, request.retailer_id)
        stored = StoredScore(
            row.is_granted, row.grant_version, records[0] if records else None, row.block_code, row.blocked_at, None
        )
        newest(stored, allow)
        shown = [one for one in records if row.blocked_at is None or one.scored_at > row.blocked_at]
        trace.details["months"] = str(len(shown))
        return Answer(render_history(request.retailer_id, [_month(one) for one in shown]), "served", {})

    async def _allow(self, lender_id: str, request: HistoryRequest) -> Allow:
        if request.purpose is None:
            found = await self.purposes.find(lender_id, request.retailer_id)
            if found is None:
                raise ConsentNotGranted()
            return found
        decision = await self.consent.check(ConsentKey(request.retailer_id, lender_id, request.purpose))
        if isinstance(decision, Deny):
            raise decision.error()
        return decision

    async def _read(self, allow: Allow, months: int) -> HistoryRow:
        context = self.signer.sign(allow.ask.lender_id)
        try:
            return await read_history(self.pool, context, allow.ask, months=months)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Unavailable("the score store cannot be read") from error

    def _records(self, row: HistoryRow, retailer_id: str) -> list[ScoreRecord]:
        records = []
        for snapshot in row.snapshots:
            try:
                record = self.seals.open(snapshot.sealed)
                if record.retailer_id != retailer_id or record.scored_at != snapshot.scored_at:
                    raise SignatureInvalid("a good seal in the wrong place")
            except (
                SignatureInvalid
            ) as error:  # leaving the month out would let whoever broke it choose what lenders see
                _log.critical("a stored score's seal is broken", extra={"retailer_id": retailer_id})
                raise Unavailable("the score cannot be verified") from error
            records.append(record)
        return records


def _month(record: ScoreRecord) -> MonthValue:
    return MonthValue(india_month(record.scored_at), record.altscore, record.risk_band, record.score_version)


def parse_history_request(query: Query) -> HistoryRequest:
    """What a call asks for.

    Raises:
        InvalidRetailerId: the id has another form.
        InvalidRequest: another parameter is malformed or came twice; no value is part of the message.
    """
    given: dict[str, object] = {"retailer_id": query.retailer_id}
    for name in ("months", "purpose"):
        values = query.values.get(name, ())
        if len(values) > 1:
            raise InvalidRequest("a parameter came more than once", errors=[FieldError(name, "repeated")])
        if values:
            given[name] = values[0]
    months = given.get("months")
    if isinstance(months, str):
        if not _MONTHS.fullmatch(months):
            raise InvalidRequest("the request does not match the schema", errors=[FieldError("months", "not_1_to_12")])
        given["months"] = int(months)
    return fitting(HistoryRequest, given)
