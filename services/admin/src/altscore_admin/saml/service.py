"""What every answer goes through: of this browser's own request, of the right form, verified, used once."""

import asyncio
from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_admin.saml import domain, precheck, store
from altscore_admin.saml.domain import Statement
from altscore_admin.saml.identity_provider import IdentityProvider
from altscore_admin.saml.precheck import Shape, Unacceptable


class Answer(NamedTuple):
    """What a browser brings back.

    Attributes:
        encoded: form field SAMLResponse.
        state: that the browser kept since its request, None without one.
        context: that the request was begun in.
    """

    encoded: str
    state: str | None
    context: str = ""


class Verified(NamedTuple):
    """A response that holds, and what it says."""

    shape: Shape
    statement: Statement


async def verified(provider: IdentityProvider, answer: Answer, now: datetime) -> Verified:
    """The response, if it answers the request whose other half this browser keeps and the provider signed it.

    Raises:
        Unacceptable: it does not.
    """
    if answer.state is None or not domain.is_live_state(answer.state, now):
        raise Unacceptable("no_request")
    shape = precheck.shape_of(answer.encoded)
    if shape.request_id != domain.request_id_of(answer.state, answer.context):
        raise Unacceptable("other_request")
    # A thread: verifying takes a millisecond of C for the right form, and must not hold up everybody else.
    return Verified(shape, await asyncio.to_thread(provider.statement_of, answer.encoded, shape))


async def use_once(connection: asyncpg.Connection, response: Verified, *, issuer: str, now: datetime) -> None:
    """Marks a response as used, in the transaction that opens the session.

    Args:
        connection: in a transaction.
        response: that holds.
        issuer: whose ids of assertions are apart from others'; "" where there is one provider.
        now: what is over by then is forgotten.

    Raises:
        Unacceptable: its assertion was used before, or another one for the same request.
    """
    shape = response.shape
    await store.delete_expired(connection, now)
    # A request outlives an assertion that the provider issued for a minute: both are remembered for longer.
    kept_until = max(response.statement.issued_until, now + domain.REQUEST_LIFETIME) + domain.CLOCK_DRIFT
    is_first = await store.use_response(
        connection, f"{issuer} {shape.assertion_id}".strip(), request_id=shape.request_id, expires_at=kept_until
    )
    if not is_first:
        raise Unacceptable("replayed")
