"""Operators' security keys: who has which, invitations by two persons, registration, revocation."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query

from altscore_admin.dependencies import SESSION_ERRORS, SIGN_IN_ERRORS, ServicesDependency, SessionHolder, require
from altscore_admin.errors import ApprovalConflict, KeyRefused, NotInvited, SameOperator
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.security_keys.schemas import (
    OPERATOR_PATTERN,
    CodeIn,
    InvitedOut,
    KeyId,
    KeyOut,
    KeysOut,
    RegisteredOut,
    RegistrationChallengeOut,
    RegistrationIn,
    SessionsEndedOut,
    invited_out,
    keys_out,
)

router = make_router(prefix="/v1/admin", responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest))
Manager = Annotated[Operator, Depends(require(Permission.MANAGE_OPERATORS, is_sensitive=True))]
OperatorPath = Annotated[str, Path(pattern=OPERATOR_PATTERN)]
CURSOR_PATTERN = r"^[a-z][a-z0-9._-]{0,63}:key_[0-9a-f]{32}$"


@router.get("/operators")
async def get_operators(
    services: ServicesDependency,
    _operator: Annotated[Operator, Depends(require(Permission.READ_OPERATORS))],
    cursor: Annotated[str | None, Query(pattern=CURSOR_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> KeysOut:
    """Every security key, by operator."""
    operator_id, _, key_id = (cursor or ":").partition(":")
    rows = await services.keys.page(after=(operator_id, key_id), limit=limit)
    return keys_out([KeyOut(**dict(row)) for row in rows], limit)


@router.post(
    "/operators/{operator_id}/key-invitations",
    status_code=202,
    responses=error_responses(SameOperator, ApprovalConflict),
)
async def post_key_invitation(services: ServicesDependency, operator: Manager, operator_id: OperatorPath) -> InvitedOut:
    """Requests an invitation of an operator to register a key; another manager approves it within 24 hours.

    Neither of the two is the invited one. The code is shown here and nowhere else, and opens nothing before that.
    """
    return invited_out(await services.invitations_of_keys.request(operator, operator_id))


@router.post("/operators/{operator_id}/keys/{key_id}/revoke", status_code=204, responses=error_responses(NotFound))
async def post_key_revoke(
    services: ServicesDependency, operator: Manager, operator_id: OperatorPath, key_id: KeyId
) -> None:
    """Ends a lost or suspended key for ever, with every admin token that it gave; one person is enough."""
    await services.keys.revoke(operator, operator_id, key_id)


@router.post("/operators/{operator_id}/sessions/end")
async def post_sessions_end(
    services: ServicesDependency, operator: Manager, operator_id: OperatorPath
) -> SessionsEndedOut:
    """Ends every session of an operator at once."""
    return SessionsEndedOut(sessions=await services.sessions.end_sessions(operator, operator_id))


@router.post(
    "/security-keys/challenge", status_code=201, responses=error_responses(*SESSION_ERRORS, NotInvited, KeyRefused)
)
async def post_registration_challenge(
    services: ServicesDependency, signed_in: SessionHolder, body: CodeIn
) -> RegistrationChallengeOut:
    """A challenge for a new key of an invited operator, who is signed in by the identity provider."""
    challenge = await services.keys.registration_challenge(signed_in, body.code)
    return RegistrationChallengeOut(challenge_id=challenge.challenge_id, options=challenge.options)


@router.post("/security-keys", status_code=201, responses=error_responses(*SESSION_ERRORS, KeyRefused))
async def post_security_key(
    services: ServicesDependency, signed_in: SessionHolder, body: RegistrationIn
) -> RegisteredOut:
    """Registers the key; the invitation is used up."""
    return RegisteredOut(key_id=await services.keys.register(signed_in, body.assertion()))
