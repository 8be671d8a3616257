"""The use cases that change consent: a change, its events and its audit are one transaction, one per retailer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.signer import Signer

from altscore_consent.erasures.store import is_erased
from altscore_consent.errors import (
    AnswerOutdated,
    ConsentUnknown,
    InviteClosed,
    InviteMismatch,
    InviteUnknown,
    RetailerErased,
)
from altscore_consent.grants import records, store
from altscore_consent.grants.domain import (
    Affirmative,
    EndedConsent,
    GrantDecision,
    Revocation,
    SignedRecord,
    State,
    StateStatus,
    Withdrawal,
    WithdrawalRequest,
    active_of_consent,
    consent_to_reaffirm,
    consents_ended_by,
    judge_affirmative,
    takes_over,
)
from altscore_consent.grants.events import ConsentPublisher
from altscore_consent.grants.integrity import StateVerifier
from altscore_consent.invites import store as invite_store
from altscore_consent.invites.domain import Invite, InviteStatus
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.notices import Notices

_REFUSALS = {
    GrantDecision.MISMATCH: InviteMismatch,
    GrantDecision.CLOSED: InviteClosed,
    GrantDecision.OUTDATED: AnswerOutdated,
}


class ConsentService:
    """The only writer of consent.

    Args:
        pool: of the consent database.
        publisher: of consents; writes in the caller's transaction.
        invite_publisher: of invites that a NAHI declines.
        signer: of consent records.
        verifier: says which stored states are authentic, and computes their MACs.
        notices: templates.
        clock: the present.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        publisher: ConsentPublisher,
        invite_publisher: InvitePublisher,
        signer: Signer,
        verifier: StateVerifier,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._publisher = publisher
        self._invite_publisher = invite_publisher
        self._signer = signer
        self._verifier = verifier
        self._notices = notices
        self._clock = clock

    async def grant(self, answer: Affirmative, *, actor: str) -> SignedRecord:
        """Turns a HAAN into a signed consent; the same message again returns the same consent.

        Raises:
            InviteUnknown: no such invite.
            InviteMismatch: the answer names something else than the invite.
            InviteClosed: expired or replaced by a newer invite.
            AnswerOutdated: a NAHI was sent at the same time or later.
            RetailerErased: no answer counts any more.
            Unavailable: the database or the key store does not answer.
        """
        now = self._clock.now()
        answer = replace(answer, sent_at=min(answer.sent_at, now))  # must not outrank what is sent later
        async with transaction(self._pool) as connection:
            ledger = await store.lock_ledger(connection, answer.retailer_id)
            if await is_erased(connection, answer.retailer_id):
                raise RetailerErased("the retailer is erased")
            earlier = await store.grant_by_message(connection, answer.message_hash, answer.retailer_id)
            if earlier is not None:
                return earlier
            invite = await invite_store.read_invite(connection, answer.invite_id)
            if invite is None:
                raise InviteUnknown("no such invite")
            known = await self._trusted_states(connection, answer.retailer_id)
            states = [
                state for state in known if state.purpose == invite.purpose and state.lender_id in invite.lender_scope
            ]
            decision = judge_affirmative(invite, answer, last_no_at=ledger.last_no_at, states=states, now=now)
            if decision is not GrantDecision.GRANT:
                raise _REFUSALS[decision](f"invite {invite.invite_id}: {decision}")
            consent_id = consent_to_reaffirm(states, invite.lender_scope, now)
            if invite.status is InviteStatus.GRANTED and consent_id is not None:
                return await self._reaffirm(connection, consent_id, active_of_consent(known, consent_id), answer)
            return await self._record_grant(connection, invite, answer, states=states, now=now, actor=actor)

    async def _trusted_states(self, connection: asyncpg.Connection, retailer_id: str) -> list[State]:
        """The states of a retailer without the active ones that are not authentic: nothing is built on those."""
        states = await store.states_of(connection, retailer_id)
        active = await store.active_states(connection, [retailer_id]) if states else []
        damaged = {(row.state.lender_id, row.state.purpose) for row in active if not self._verifier.is_authentic(row)}
        return [state for state in states if (state.lender_id, state.purpose) not in damaged]

    async def _reaffirm(
        self, connection: asyncpg.Connection, consent_id: str, states: Sequence[State], answer: Affirmative
    ) -> SignedRecord:
        """A repeated HAAN moves `given_at` forward, so that a NAHI sent earlier does not revoke the consent."""
        record = await store.grant_record(connection, consent_id)
        if record is None:
            raise ConsentUnknown(f"consent {consent_id} has no record")
        if answer.sent_at > max(state.given_at for state in states):
            version = await store.next_version(connection, answer.retailer_id)
            moved = [replace(state, given_at=answer.sent_at, version=version) for state in states]
            await self._put(connection, answer.retailer_id, moved, record)
            await store.count_change(connection)
        return record

    async def _put(
        self, connection: asyncpg.Connection, retailer_id: str, states: Sequence[State], record: SignedRecord
    ) -> None:
        """Stores active states with their MACs; the record was signed or verified in this transaction."""
        digest = record.digest()
        macs = [self._verifier.row_mac.compute(retailer_id, state, digest) for state in states]
        await store.put_states(connection, retailer_id, states, macs)

    async def _record_grant(
        self,
        connection: asyncpg.Connection,
        invite: Invite,
        answer: Affirmative,
        *,
        states: Sequence[State],
        now: datetime,
        actor: str,
    ) -> SignedRecord:
        notice = self._notices.get(invite.notice_id, invite.notice_version)
        terms = self._notices.terms(notice, invite.purpose)
        content = records.grant_content(invite, answer, notice, terms=terms, consent_id=new_id("cns"), signed_at=now)
        record = await records.sign(self._signer, content)
        state = State(
            lender_id="*",
            purpose=invite.purpose,
            status=StateStatus.ACTIVE,
            version=await store.next_version(connection, invite.retailer_id),
            consent_id=record.consent_id,
            given_at=answer.sent_at,
            expires_at=datetime.fromisoformat(content["expires_at"]),
            use_limit=terms.uses if terms is not None else None,
            use_period_days=terms.period_days if terms is not None else None,
        )
        current = {row.lender_id: row for row in states}
        lenders = [lender for lender in invite.lender_scope if takes_over(current.get(lender), answer.sent_at)]
        await store.insert_grant(connection, record)
        granted = [replace(state, lender_id=lender) for lender in lenders]
        await self._put(connection, invite.retailer_id, granted, record)
        await invite_store.close_invite(connection, invite.invite_id, InviteStatus.GRANTED, now)
        await self._publisher.granted(connection, invite, state, at=now, actor=actor)
        await store.count_change(connection)
        return record

    async def revoke(self, request: WithdrawalRequest) -> Revocation:
        """Ends consents: all that were given before the NAHI was sent, or the one that is named.

        A NAHI also declines every open invite. Outdated means that a later HAAN is in force.

        Raises:
            ConsentUnknown: the named consent does not exist.
            Unavailable: the database or the key store does not answer.
        """
        now = self._clock.now()
        withdrawal = Withdrawal(
            retailer_id=request.retailer_id or await self._retailer_of(request.consent_id),
            reason=request.reason,
            requested_by=request.requested_by,
            sent_at=min(request.sent_at or now, now),
            message_hash=request.message_hash,
            consent_id=request.consent_id,
        )
        async with transaction(self._pool) as connection:
            await store.lock_ledger(connection, withdrawal.retailer_id)
            states = await store.states_of(connection, withdrawal.retailer_id)
            if withdrawal.consent_id is not None:
                states = [state for state in states if state.consent_id == withdrawal.consent_id]
            ended = consents_ended_by(states, withdrawal.sent_at)
            for consent_id in ended:
                await self._end(connection, withdrawal, active_of_consent(states, consent_id), now=now)
            declined = await self._decline_all(connection, withdrawal, now)
            if ended:
                await store.count_change(connection)
        remains = any(state.status is StateStatus.ACTIVE and state.consent_id not in ended for state in states)
        return Revocation(revoked=tuple(ended), declined=declined, is_outdated=remains, at=now)

    async def end_all(self, connection: asyncpg.Connection, withdrawal: Withdrawal) -> list[str]:
        """Ends every active consent of a retailer, whenever it was given; the ledger must be locked.

        The caller counts the change, as the last thing it does.

        Raises:
            Unavailable: the key store does not answer.
        """
        states = await store.states_of(connection, withdrawal.retailer_id)
        ended = sorted({state.consent_id for state in states if state.status is StateStatus.ACTIVE})
        for consent_id in ended:
            await self._end(connection, withdrawal, active_of_consent(states, consent_id), now=self._clock.now())
        return ended

    async def _end(
        self, connection: asyncpg.Connection, withdrawal: Withdrawal, states: Sequence[State], *, now: datetime
    ) -> None:
        consent_id = states[0].consent_id
        content = records.withdrawal_content(consent_id, withdrawal, signed_at=now)
        await store.insert_withdrawal(connection, await records.sign(self._signer, content))
        version = await store.next_version(connection, withdrawal.retailer_id)
        await store.end_states(
            connection, consent_id, StateStatus.REVOKED, version=version, ended_at=withdrawal.sent_at
        )
        ended = await describe_ended(connection, withdrawal.retailer_id, states, version=version, at=now)
        await self._publisher.revoked(connection, ended, withdrawal)

    async def _decline_all(
        self, connection: asyncpg.Connection, withdrawal: Withdrawal, now: datetime
    ) -> tuple[str, ...]:
        if withdrawal.consent_id is not None:
            return ()
        await store.remember_no(connection, withdrawal.retailer_id, withdrawal.sent_at)
        declined = await invite_store.open_invites(connection, withdrawal.retailer_id)
        for invite in declined:
            await invite_store.close_invite(connection, invite.invite_id, InviteStatus.DECLINED, now)
            await self._invite_publisher.declined(connection, invite, at=now, actor=withdrawal.requested_by)
        return tuple(invite.invite_id for invite in declined)

    async def _retailer_of(self, consent_id: str | None) -> str:
        async with transaction(self._pool) as connection:
            retailer_id = await store.retailer_of_consent(connection, consent_id) if consent_id is not None else None
        if retailer_id is None:
            raise ConsentUnknown("no such consent")
        return retailer_id


async def describe_ended(
    connection: asyncpg.Connection, retailer_id: str, states: Sequence[State], *, version: int, at: datetime
) -> EndedConsent:
    """What the events of a consent's end say: its lenders, and the language and phone that it was asked in."""
    consent_id = states[0].consent_id
    invite_id = records.invite_id_of(await store.grant_record(connection, consent_id))
    return EndedConsent(
        consent_id=consent_id,
        retailer_id=retailer_id,
        lender_scope=tuple(sorted(state.lender_id for state in states)),
        purpose=states[0].purpose,
        language=await invite_store.language_of(connection, retailer_id),
        contact_ref=await invite_store.contact_of(connection, invite_id),
        version=version,
        at=at,
    )
