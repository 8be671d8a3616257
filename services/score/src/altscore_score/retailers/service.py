"""GET and POST /v1/retailers/lookup: from a GSTIN to an id, or the refusal that unknown and unconsented share."""

from dataclasses import dataclass

import asyncpg
import orjson
from altscore_libs import logs
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest
from altscore_libs.rls import ContextSigner
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Refused, Served
from altscore_score.calls.service import AuditedEndpoint, read_request, refused_on_error
from altscore_score.clients import CachedConsentChecker, VaultClient
from altscore_score.errors import ConsentNotGranted
from altscore_score.retailers.domain import is_gstin
from altscore_score.retailers.schemas import LookupRequest
from altscore_score.sandbox.service import Sandbox
from altscore_score.scores import store
from altscore_score.scores.domain import Allow, ConsentKey

ACTIONS = Actions(served="identity_lookup", refused="identity_lookup")
NOBODY = "ret_"  # no retailer has it: an unknown GSTIN costs the same reading as a known one


@dataclass(frozen=True)
class ConsentFinder:
    """Any purpose for which a retailer named a lender (decision 76): the projection proposes, the authority decides."""

    consents: CachedConsentChecker
    signer: ContextSigner
    pool: asyncpg.Pool

    async def find(self, lender_id: str, retailer_id: str | None) -> Allow | None:
        """The first active consent, None where there is none or the retailer is unknown.

        Raises:
            Unavailable: the projection or the authority cannot be asked.
        """
        async with transaction(self.pool) as connection:
            await self.signer.enter(connection, lender_id)
            purposes = await store.granted_purposes(connection, lender_id, retailer_id or NOBODY)
        for purpose in purposes:
            decision = await self.consents.check(ConsentKey(retailer_id or NOBODY, lender_id, purpose))
            if isinstance(decision, Allow):
                return decision
        return None


@dataclass(frozen=True)
class LookupService:
    """GET and POST /v1/retailers/lookup."""

    endpoint: AuditedEndpoint
    authenticator: Authenticator
    vault: VaultClient
    consents: ConsentFinder
    sandbox: Sandbox

    async def answer(self, call: Call, gst: str | None) -> Response:
        """The audited reply: the id behind a GSTIN, or the refusal that unknown and unconsented share.

        Args:
            call: as it came.
            gst: of the query string; None where the body holds it.
        """

        async def work(record: CallRecord) -> Outcome:
            gstin = parse_gstin(call, gst)
            lender = await self.authenticator.authenticate(call.headers, source=call.source)
            admitted = await self.endpoint.admit(record._replace(lender_id=lender.lender_id), lender.lender_id)
            if isinstance(admitted, Refused):
                return admitted
            look_up = self._sandbox_reply if lender.is_sandbox else self._look_up
            return await refused_on_error(admitted, look_up(admitted, lender.lender_id, gstin))

        return await self.endpoint.handle(call, ACTIONS, work)

    async def _sandbox_reply(self, record: CallRecord, _lender_id: str, gstin: str) -> Outcome:
        return Served(record, render_lookup(self.sandbox.lookup(gstin)), "sandbox")

    async def _look_up(self, record: CallRecord, lender_id: str, gstin: str) -> Outcome:
        retailer_id = await self.vault.retailer_of(gstin)
        allow = await self.consents.find(lender_id, retailer_id)
        if allow is None:
            raise ConsentNotGranted()
        found_id = allow.key.retailer_id
        logs.bind(retailer_id=found_id)
        return Served(record._replace(retailer_id=found_id), render_lookup(found_id), "served")


def render_lookup(retailer_id: str) -> bytes:
    """The body of a 200 of a lookup."""
    return orjson.dumps({"retailer_id": retailer_id, "consent_active": True})


def parse_gstin(call: Call, gst: str | None) -> str:
    """The GSTIN of a lookup.

    Raises:
        InvalidRequest: none, or not of the form of one; the value is never part of the message.
    """
    if gst is None:
        gst = read_request(call, LookupRequest).gst
    if not is_gstin(gst):
        raise InvalidRequest("the request does not match the schema", errors=[FieldError("gst", "not_a_gstin")])
    return gst
