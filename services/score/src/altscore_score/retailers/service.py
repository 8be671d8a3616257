"""GET and POST /v1/retailers/lookup: from a GSTIN to an id, or the refusal that unknown and unconsented share."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.calls.service import Answer, AuditedEndpoint, Call, Trace, fitting, parse_json
from altscore_score.clients import CachedConsentChecker, VaultClient
from altscore_score.errors import ConsentNotGranted
from altscore_score.retailers.bodies import render_lookup
from altscore_score.sandbox import Sandbox, is_test
from altscore_score.scores import store
from altscore_score.scores.domain import Allow, ConsentKey, is_gstin
from altscore_score.scores.schemas import LookupRequest

NOBODY = "ret_"  # no retailer has it: an unknown GSTIN costs the same reading as a known one


@dataclass(frozen=True)
class PurposeFinder:
    """Any purpose for which a retailer named a lender (decision 76): the projection proposes, the authority decides."""

    consent: CachedConsentChecker
    signer: ContextSigner
    pool: asyncpg.Pool

    async def find(self, lender_id: str, retailer_id: str | None) -> Allow | None:
        """The first active consent, None where there is none or nobody knows the retailer.

        Raises:
            Unavailable: the projection or the authority cannot be asked.
        """
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            purposes = await store.granted_purposes(connection, lender_id, retailer_id or NOBODY)
        for purpose in purposes:
            decision = await self.consent.check(ConsentKey(retailer_id or NOBODY, lender_id, purpose))
            if isinstance(decision, Allow):
                return decision
        return None


@dataclass(frozen=True)
class LookupService:
    """GET and POST /v1/retailers/lookup."""

    front: AuditedEndpoint
    authenticator: Authenticator
    vault: VaultClient
    purposes: PurposeFinder
    sandbox: Sandbox

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
        await self.front.count(trace, trace.lender_id)
        if is_test(trace.lender_id):
            return Answer(self.sandbox.lookup(gstin), "sandbox", {})
        retailer_id = await self.vault.retailer_of(gstin)
        allow = await self.purposes.find(trace.lender_id, retailer_id)
        if allow is None:
            raise ConsentNotGranted()
        trace.retailer_id = allow.ask.retailer_id
        return Answer(render_lookup(allow.ask.retailer_id), "served", {})


def parse_gstin(call: Call, gst: str | None) -> str:
    """The GSTIN of a lookup.

    Raises:
        InvalidRequest: none, or not of the form of one; the value is never part of the message.
    """
    if gst is None:
        gst = fitting(LookupRequest, parse_json(call)).gst
    if not is_gstin(gst):
        raise InvalidRequest("the request does not match the schema", errors=[FieldError("gst", "not_a_gstin")])
    return gst
