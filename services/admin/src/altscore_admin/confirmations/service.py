"""Confirms sensitive actions: a challenge for exactly one action, answered once by the operator's key."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import InvalidRequest
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_admin.confirmations import domain
from altscore_admin.confirmations.domain import Action
from altscore_admin.errors import ConfirmationRequired, KeyRefused
from altscore_admin.security_keys.domain import Challenge, Purpose, Refusal
from altscore_admin.security_keys.service import SecurityKeyService
from altscore_admin.sessions.domain import SignedIn

DEVELOPMENT = "development"
# How the action of this request was confirmed; every audit entry of the request repeats it.
_confirmation: ContextVar[str | None] = ContextVar("altscore_admin_confirmation", default=None)


def note_confirmation(value: str | None) -> None:
    """Sets what this request's audit entries say of its confirmation."""
    _confirmation.set(value)


class ConfirmedOutbox(Outbox):
    """An outbox whose audit entries say how a sensitive action was confirmed: the challenge's id, or `development`."""

    async def audit(
        self,
        connection: asyncpg.Connection,
        action: str,
        *,
        actor: str,
        outcome: str,
        subject: str | None = None,
        reason: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> UUID:
        """Adds an audit event, as Outbox.audit."""
        confirmation = _confirmation.get()
        noted = {} if confirmation is None else {"confirmation": confirmation}
        return await super().audit(
            connection,
            action,
            actor=actor,
            outcome=outcome,
            subject=subject,
            reason=reason,
            details={**(details or {}), **noted},
        )


@dataclass(frozen=True)
class ConfirmationService:
    """Gives challenges for actions and takes their answers."""

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    keys: SecurityKeyService

    async def challenge(self, signed_in: SignedIn, action: Action) -> Challenge:
        """A challenge that confirms this action of this operator and nothing else.

        Raises:
            InvalidRequest: no action of that form needs a confirmation.
            KeyRefused: the operator has no usable key.
        """
        if not domain.is_confirmable(action):
            raise InvalidRequest("no action of that form needs a confirmation")
        challenge_id = new_id("chl")
        return await self.keys.challenge(
            signed_in,
            Purpose.ACTION,
            challenge=domain.challenge_of(challenge_id, signed_in.operator.operator_id, action),
            challenge_id=challenge_id,
        )

    async def confirm(self, signed_in: SignedIn, action: Action, header: str | None, *, has_query: bool) -> None:
        """Takes the confirmation of an action; the audit keeps the whole assertion.

        Raises:
            ConfirmationRequired: none is there, or none of our form.
            KeyRefused: it does not confirm this action; audited, and its challenge is spent.
        """
        if signed_in.session_id is None:
            note_confirmation(DEVELOPMENT)
            return
        assertion = None if header is None else domain.assertion_of(header)
        if assertion is None or has_query or not domain.is_confirmable(action):
            raise ConfirmationRequired(f"confirm this action with your security key ({domain.HEADER})")
        expected = domain.challenge_of(assertion.challenge_id, signed_in.operator.operator_id, action)
        async with transaction(self.pool) as connection:
            used = await self.keys.use(connection, signed_in, assertion, Purpose.ACTION, expected=expected)
            if not isinstance(used, Refusal):
                details: dict[str, Any] = domain.entry_of(assertion.challenge_id, action, used)
                await self.outbox.audit(
                    connection,
                    "action_confirmed",
                    actor=signed_in.operator.operator_id,
                    outcome="done",
                    details=details,
                )
        if isinstance(used, Refusal):
            raise KeyRefused(used.explanation)
        note_confirmation(assertion.challenge_id)
