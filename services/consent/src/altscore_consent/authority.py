"""What changes consent: each change, its events and its audit in one transaction, one retailer's changes in a row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.ids import new_id
from altscore_libs.signer import Signer

from altscore_consent import reads, records, store
from altscore_consent.announce import Announcer
from altscore_consent.belief import Belief
from altscore_consent.domain import (
    Answer,
    Invite,
    InviteStatus,
    State,
    StateStatus,
    Verdict,
    Withdrawal,
    consents_ended_by,
    invite_to_ask_about,
    is_reaffirmation,
    judge_affirmative,
    may_ask_again,
    takes_over,
)
from altscore_consent.errors import (
    AnswerOutdated,
    ConsentUnknown,
    InviteClosed,
    InviteMismatch,
    InviteUnknown,
)
from altscore_consent.expiry import expire_invite
from altscore_consent.notices import Notices
from altscore_consent.records import SignedRecord

_REFUSALS = {Verdict.MISMATCH: InviteMismatch, Verdict.CLOSED: InviteClosed, Verdict.OUTDATED: AnswerOutdated}


@dataclass(frozen=True, slots=True)
class InviteRequest:
    """What a distributor asks a retailer, through admin."""

    retailer_id: str
    distributor_id: str
    distributor_name: str
    contact_ref: str
    lender_scope: tuple[str, ...]
    purpose: str
    language: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """What a withdrawal ended."""

    revoked: tuple[str, ...]
    declined: tuple[str, ...]
    is_outdated: bool
    at: datetime


class Authority:
    """The only writer of consent.

    Args:
        pool: of the consent database.
        announcer: writes events and audit in the caller's transaction.
        signer: of consent records.
        belief: which standing states are ours, and their seals.
        notices: templates.
        clock: the present.
        invite_ttl: how long an invite may be answered.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        announcer: Announcer,
        signer: Signer,
        *,
        belief: Belief,
        notices: Notices,
        clock: Clock,
        invite_ttl: timedelta = timedelta(days=30),
    ) -> None:
        self._pool = pool
        self._announce = announcer
        self._signer = signer
        self._belief = belief
        self._notices = notices
        self._clock = clock
        self._invite_ttl = invite_ttl

    async def invite(self, request: InviteRequest, *, actor: str) -> tuple[Invite, bool]:
        """Opens an invite, or finds the one that is open for this retailer and purpose; the flag says which.

        Raises:
            InvalidRequest: no notice explains the purpose.
        """
        now = self._clock.now()
        shown = self._notices.show(
            distributor_name=request.distributor_name,
            lender_scope=request.lender_scope,
            purpose=request.purpose,
            language=request.language,
        )
        async with transaction(self._pool) as connection:
            await store.lock_ledger(connection, request.retailer_id)
            for one in await store.open_invites(connection, request.retailer_id):
                if one.purpose != request.purpose:
                    continue
                if one.expires_at > now and one.contact_ref is not None:
                    return one, False
                await expire_invite(connection, self._announce, one, now)
            made = Invite(
                invite_id=new_id("inv"),
                retailer_id=request.retailer_id,
                distributor_id=request.distributor_id,
                distributor_name=request.distributor_name,
                contact_ref=request.contact_ref,
                lender_scope=tuple(sorted(set(request.lender_scope))),
                purpose=request.purpose,
                language=request.language,
                notice_id=shown.notice.notice_id,
                notice_version=shown.notice.version,
                notice_text=shown.text,
                notice_sha256=shown.sha256,
                status=InviteStatus.OPEN,
                created_at=now,
                expires_at=now + self._invite_ttl,
            )
            await store.insert_invite(connection, made)
            await self._announce.invited(connection, made, actor=actor)
        return made, True

    async def grant(self, answer: Answer, *, actor: str) -> SignedRecord:
        """Turns a HAAN into a signed consent; the same message again finds the same consent.

        Raises:
            InviteUnknown: no such invite.
            InviteMismatch: the answer names something else than the invite.
            InviteClosed: expired or replaced by a newer invite.
            AnswerOutdated: a NAHI of the same time or later stands.
            Unavailable: the database or the key store does not answer.
        """
        now = self._clock.now()
        answer = _not_in_the_future(answer, now)
        async with transaction(self._pool) as connection:
            ledger = await store.lock_ledger(connection, answer.retailer_id)
            done = await store.grant_by_message(connection, answer.message_hash, answer.retailer_id)
            if done is not None:
                return done
            invite = await store.invite(connection, answer.invite_id)
            if invite is None:
                raise InviteUnknown("no such invite")
            known = await self._believed_states(connection, answer.retailer_id)
            states = [one for one in known if one.purpose == invite.purpose and one.lender_id in invite.lender_scope]
            verdict = judge_affirmative(invite, answer, last_no_at=ledger.last_no_at, states=states, now=now)
            if verdict is not Verdict.GRANT:
                raise _REFUSALS[verdict](f"invite {invite.invite_id}: {verdict}")
            standing = is_reaffirmation(states, invite.lender_scope, now)
            if invite.status is InviteStatus.GRANTED and standing is not None:
                again = [one for one in known if one.consent_id == standing and one.status is StateStatus.ACTIVE]
                return await self._reaffirm(connection, standing, again, answer)
            return await self._record_grant(connection, invite, answer, states=states, now=now, actor=actor)

    async def _believed_states(self, connection: asyncpg.Connection, retailer_id: str) -> list[State]:
        """The states of a retailer without active ones that are not ours: nothing is built on those."""
        states = await store.states(connection, retailer_id)
        active = await reads.active_of(connection, [retailer_id]) if states else []
        strange = {(one.state.lender_id, one.state.purpose) for one in active if not self._belief.is_ours(one)}
        return [one for one in states if (one.lender_id, one.purpose) not in strange]

    async def _reaffirm(
        self, connection: asyncpg.Connection, consent_id: str, states: Sequence[State], answer: Answer
    ) -> SignedRecord:
        """A second HAAN to the same notice moves the time of the word, so that an older NAHI cannot end it."""
        found = await store.grant_record(connection, consent_id)
        if found is None:
            raise ConsentUnknown(f"consent {consent_id} has no record")
        if answer.sent_at > max(one.given_at for one in states):
            version = await store.next_version(connection, answer.retailer_id)
            moved = [replace(one, given_at=answer.sent_at, version=version) for one in states]
            await self._put(connection, answer.retailer_id, moved, found)
            await store.count_change(connection)
        return found

    async def _put(
        self, connection: asyncpg.Connection, retailer_id: str, states: Sequence[State], record: SignedRecord
    ) -> None:
        """Stores active states with their seals; the record was signed or verified in this transaction."""
        digest = record.digest()
        seals = [self._belief.sealer.seal(retailer_id, one, digest) for one in states]
        await store.put_states(connection, retailer_id, states, seals)

    async def _record_grant(
        self,
        connection: asyncpg.Connection,
        invite: Invite,
        answer: Answer,
        *,
        states: Sequence[State],
        now: datetime,
        actor: str,
    ) -> SignedRecord:
        notice = self._notices.get(invite.notice_id, invite.notice_version)
        terms = self._notices.terms(notice, invite.purpose)
        content = records.grant_content(invite, answer, notice, terms=terms, consent_id=new_id("cns"), signed_at=now)
        record = await records.sign(self._signer, content)
        version = await store.next_version(connection, invite.retailer_id)
        state = State(
            "*",
            invite.purpose,
            StateStatus.ACTIVE,
            version,
            record.consent_id,
            answer.sent_at,
            datetime.fromisoformat(content["expires_at"]),
            use_limit=terms.uses if terms is not None else None,
            use_period_days=terms.period_days if terms is not None else None,
        )
        before = {one.lender_id: one for one in states}
        lenders = [one for one in invite.lender_scope if takes_over(before.get(one), answer.sent_at)]
        await store.insert_record(connection, record)
        await self._put(connection, invite.retailer_id, [replace(state, lender_id=one) for one in lenders], record)
        await store.close_invite(connection, invite.invite_id, InviteStatus.GRANTED, now)
        await self._announce.granted(connection, invite, state, at=now, actor=actor)
        await store.count_change(connection)
        return record

    async def revoke(self, withdrawal: Withdrawal) -> Revocation:
        """Ends consents: all that were given before the word was said, or the one that is named.

        A NAHI also declines every open invite. Outdated means that a later HAAN stands.

        Raises:
            ConsentUnknown: the named consent does not exist.
            Unavailable: the database or the key store does not answer.
        """
        now = self._clock.now()
        said_at = min(withdrawal.said_at, now)
        async with transaction(self._pool) as connection:
            await store.lock_ledger(connection, withdrawal.retailer_id)
            states = await store.states(connection, withdrawal.retailer_id)
            if withdrawal.consent_id is not None:
                states = [one for one in states if one.consent_id == withdrawal.consent_id]
            ended = consents_ended_by(states, said_at)
            language = await store.language_of(connection, withdrawal.retailer_id)
            for consent_id in ended:
                await self._end(connection, withdrawal, consent_id, states=states, language=language, now=now)
            declined = await self._decline_all(connection, withdrawal, said_at, now)
            if ended:
                await store.count_change(connection)
        stands = any(one.status is StateStatus.ACTIVE and one.consent_id not in ended for one in states)
        return Revocation(tuple(ended), declined, is_outdated=stands, at=now)

    async def _end(
        self,
        connection: asyncpg.Connection,
        withdrawal: Withdrawal,
        consent_id: str,
        *,
        states: Sequence[State],
        language: str,
        now: datetime,
    ) -> None:
        content = records.withdrawal_content(consent_id, withdrawal, signed_at=now)
        await store.insert_withdrawal(connection, await records.sign(self._signer, content))
        version = await store.next_version(connection, withdrawal.retailer_id)
        said_at = min(withdrawal.said_at, now)
        await store.end_states(connection, consent_id, StateStatus.REVOKED, version=version, ended_at=said_at)
        ended = [one for one in states if one.consent_id == consent_id and one.status is StateStatus.ACTIVE]
        contact_ref = await store.contact_of_consent(connection, consent_id)
        await self._announce.revoked(
            connection, withdrawal, ended, version=version, language=language, contact_ref=contact_ref, at=now
        )

    async def _decline_all(
        self, connection: asyncpg.Connection, withdrawal: Withdrawal, said_at: datetime, now: datetime
    ) -> tuple[str, ...]:
        if withdrawal.consent_id is not None:
            return ()
        await store.remember_no(connection, withdrawal.retailer_id, said_at)
        declined = await store.open_invites(connection, withdrawal.retailer_id)
        for invite in declined:
            await store.close_invite(connection, invite.invite_id, InviteStatus.DECLINED, now)
            await self._announce.declined(connection, invite, at=now, actor=withdrawal.requested_by)
        return tuple(one.invite_id for one in declined)

    async def retailer_of(self, consent_id: str) -> str:
        """Whose consent it is.

        Raises:
            ConsentUnknown: no such consent.
        """
        async with transaction(self._pool) as connection:
            found = await store.retailer_of_consent(connection, consent_id)
        if found is None:
            raise ConsentUnknown("no such consent")
        return found

    async def find_invite(self, invite_id: str) -> Invite:
        """One invite.

        Raises:
            InviteUnknown: no such invite.
        """
        async with transaction(self._pool) as connection:
            found = await store.invite(connection, invite_id)
        if found is None:
            raise InviteUnknown("no such invite")
        return found

    async def open_invites(self, retailer_id: str) -> list[Invite]:
        """The retailer's invites that can still be answered by a typed HAAN."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            found = await store.open_invites(connection, retailer_id)
        return [one for one in found if one.expires_at > now]

    async def unclear(
        self,
        retailer_id: str,
        invite_id: str | None,
        message_hash: str,
        *,
        actor: str,
        contact_ref: str | None = None,
    ) -> bool:
        """Asks again after an unclear reply; False when the message is known or the retailer was asked enough today.

        Args:
            retailer_id: who replied.
            invite_id: of the invite that the reply names, if any.
            message_hash: keyed hash of the message's id.
            actor: who reports it.
            contact_ref: the confirmed phone that replied; None asks the invite's, or the newest confirmed one.
        """
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await store.lock_ledger(connection, retailer_id)
            asked = await store.clarifications_since(connection, retailer_id, now - timedelta(days=1))
            may_ask = may_ask_again(asked)
            is_new = await store.add_unclear(connection, retailer_id, message_hash, at=now, was_asked=may_ask)
            if not is_new:
                return False
            invite = await store.invite(connection, invite_id) if invite_id is not None else None
            await self._announce.unclear(
                connection,
                retailer_id,
                invite_to_ask_about(invite, contact_ref),
                contact_ref=contact_ref or (invite.contact_ref if invite is not None else None),
                language=await store.language_of(connection, retailer_id),
                was_asked=may_ask,
                at=now,
                actor=actor,
            )
        return may_ask


def _not_in_the_future(answer: Answer, now: datetime) -> Answer:
    """A word dated ahead of us counts as said now: it must not outrank what is said later."""
    return replace(answer, sent_at=min(answer.sent_at, now))
