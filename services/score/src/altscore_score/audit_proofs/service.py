"""GET /v1/audit-proofs: proofs of what this lender did and was told, made by the audit service."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from altscore_libs.errors import FieldError, InvalidRequest, Unavailable
from starlette.responses import Response

from altscore_score.access.authentication import Authenticator
from altscore_score.audit_proofs.domain import ProofQuery, proofs_body, require_proven
from altscore_score.audit_proofs.schemas import AuditProofRequest
from altscore_score.calls.domain import Actions, Call, CallRecord, Outcome, Refused, Served
from altscore_score.calls.service import AuditedEndpoint, refused_on_error, validated
from altscore_score.clients import AuditClient

ACTIONS = Actions(served="audit_proof_read", refused="audit_proof_read")
IDS = ("request_id", "score_id", "grievance_id")
_NAMES = (*IDS, "retailer_id")
_log = logging.getLogger("altscore.score.audit_proofs")


@dataclass(frozen=True)
class AuditProofService:
    """Hands out proofs; to any other lender the ids are unknown.

    No consent is asked: an entry says what this lender was told then, and a dispute outlives the consent it is about.
    """

    endpoint: AuditedEndpoint
    authenticator: Authenticator
    audit: AuditClient

    async def answer(self, call: Call, values: Mapping[str, Sequence[str]]) -> Response:
        """The audited reply: the proofs, or why there are none."""

        async def work(record: CallRecord) -> Outcome:
            lender = await self.authenticator.authenticate(call.headers, source=call.source)
            known = record._replace(lender_id=lender.lender_id)
            try:
                query = parse_proof_query(values)
            except InvalidRequest as error:
                return Refused(known, error)
            known = known._replace(retailer_id=query.retailer_id)
            known = known.with_details(**{f"proven_{query.id_name}": query.identifier})
            admitted = await self.endpoint.admit(known, lender.lender_id)
            if isinstance(admitted, Refused):
                return admitted
            return await refused_on_error(admitted, self._prove(admitted, lender.lender_id, query))

        return await self.endpoint.handle(call, ACTIONS, work)

    async def _prove(self, record: CallRecord, lender_id: str, query: ProofQuery) -> Outcome:
        proofs = await self.audit.proofs(lender_id, query.parameters())
        if not proofs.are_of(lender_id):  # the audit service answers for one lender; whatever failed, nothing leaves
            _log.critical("the audit service answered with another's entry")
            raise Unavailable("the answer cannot be shown")
        require_proven(proofs)
        return Served(record.with_details(entries=str(len(proofs.proofs))), proofs_body(proofs), "served")


def parse_proof_query(values: Mapping[str, Sequence[str]]) -> ProofQuery:
    """What a call asks for.

    Raises:
        InvalidRetailerId: the retailer's id has another form.
        InvalidRequest: not exactly one id, a retailer missing or too many; no value is part of the message.
    """
    if repeated := [name for name in _NAMES if len(values.get(name, ())) > 1]:
        raise _fault(repeated[0], "repeated")
    request = validated(AuditProofRequest, {name: values[name][0] for name in _NAMES if name in values})
    named = {name: value for name in IDS if (value := getattr(request, name)) is not None}
    if len(named) != 1:
        raise _fault("request_id", "exactly_one_id")
    ((name, identifier),) = named.items()
    if (name == "request_id") != (request.retailer_id is None):
        raise _fault("retailer_id", "unexpected" if name == "request_id" else "missing")
    return ProofQuery(name, identifier, request.retailer_id)


def _fault(field: str, reason: str) -> InvalidRequest:
    return InvalidRequest("the request does not match the schema", errors=[FieldError(field, reason)])
