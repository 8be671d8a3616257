"""Challenges for sensitive actions."""

from altscore_libs.errors import InvalidRequest
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router

from altscore_admin.confirmations.schemas import ActionIn
from altscore_admin.dependencies import SESSION_ERRORS, ServicesDependency, TokenHolder
from altscore_admin.errors import KeyRefused
from altscore_admin.security_keys.schemas import AssertionChallengeOut

router = make_router(prefix="/v1/admin", responses=error_responses(*SESSION_ERRORS, KeyRefused, InvalidRequest))


@router.post("/action-challenges", status_code=201)
async def post_action_challenge(
    services: ServicesDependency, signed_in: TokenHolder, body: ActionIn
) -> AssertionChallengeOut:
    """A challenge for one action, which the operator's key signs within five minutes (`X-Action-Assertion`)."""
    challenge = await services.confirmations.challenge(signed_in, body.action())
    return AssertionChallengeOut(challenge_id=challenge.challenge_id, options=challenge.options)
