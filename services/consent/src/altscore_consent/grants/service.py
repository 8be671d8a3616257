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
    ConfirmationNeeded,
    ConsentUnknown,
    EvidenceInvalid,
    InviteClosed,
    InviteMismatch,
    InviteUnknown,
    RecordDamaged,
    RetailerErased,
)
from altscore_consent.evidence.domain import Proof
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
    is_typed_answer,
    judge_affirmative,
    takes_over,
)
from altscore_consent.grants.events import ConsentPublisher
from altscore_consent.grants.integrity import Damage, StateVerifier
from altscore_consent.invites import store as invite_store
from altscore_consent.invites.domain import Invite, InviteStatus
from altscore_consent.invites.events import InvitePublisher
from altscore_consent.invites.integrity import InviteVerifier
from altscore_consent.invites.notices import Notices
from altscore_consent.ledgers.domain import Ledger
from altscore_consent.ledgers.service import LedgerService

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
        self._invites = InviteVerifier(verifier.facts, verifier.alarm)
        self._ledgers = LedgerService(verifier.facts, verifier.alarm, clock)

    async def grant(self, answer: Affirmative, *, actor: str) -> SignedRecord:
        """Turns a proven HAAN into a signed consent; the same message again returns the same consent.

        Raises:
            InviteUnknown: no such invite.
            InviteMismatch: the answer names something else than the invite.
            InviteClosed: expired or replaced by a newer invite.
            AnswerOutdated: a NAHI was sent at the same time or later.
            ConfirmationNeeded: nothing proves that it comes from the phone that was asked: to be asked again.
            EvidenceInvalid: it carries a reply token that is not the invite's; alarm.
            RecordDamaged: what the consent would rest on is not as the service left it; alarm.
            RetailerErased: no answer counts any more.
            Unavailable: the database or the key store does not answer.
        """
        now = self._clock.now()
        answer = replace(answer, sent_at=min(answer.sent_at, now))  # must not outrank what is sent later
        async with self._verifier.alarm.watching() as damages, transaction(self._pool) as connection:
            ledger, is_authentic = await self._ledgers.lock_for_answer(connection, answer.retailer_id)
            if is_authentic:
                return await self._grant(connection, ledger, answer, damages=damages, now=now, actor=actor)
        raise ConfirmationNeeded("the ledger was repaired; answers sent until now do not count")

    async def _grant(
        self,
        connection: asyncpg.Connection,
        ledger: Ledger,
        answer: Affirmative,
        *,
        damages: list[Damage],
        now: datetime,
        actor: str,
    ) -> SignedRecord:
        if await is_erased(connection, answer.retailer_id):
            raise RetailerErased("the retailer is erased")
        earlier = await store.grant_by_message(connection, answer.message_hash, answer.retailer_id)
        if earlier is not None and self._verifier.records.read(earlier) is not None:
            return earlier
        invite = await self._invite_of(connection, answer, damages)
        known = await self._trusted_states(connection, answer.retailer_id)
        states = [
            state for state in known if state.purpose == invite.purpose and state.lender_id in invite.lender_scope
        ]
        decision = judge_affirmative(
            invite,
            answer,
            last_no_at=ledger.last_no_at,
            states=states,
            now=now,
            withdrawn_at=await self._withdrawn_at(connection, invite, damages),
        )
        if decision is not GrantDecision.GRANT:
            raise _REFUSALS[decision](f"invite {invite.invite_id}: {decision}")
        consent_id = consent_to_reaffirm(states, invite.lender_scope, now)
        is_reaffirmed = invite.status is InviteStatus.GRANTED and consent_id is not None
        if answer.proof.reply_token is None:
            await self._require_typed_answer(connection, invite, answer.proof, now=now)
        else:
            self._require_token(invite, ledger, answer, is_reaffirmed=is_reaffirmed, damages=damages)
        if earlier is not None:
            damages.append(_record_damage(earlier))
            raise RecordDamaged("a record of this message is not what was signed")
        if is_reaffirmed and consent_id is not None:
            of_consent = active_of_consent(known, consent_id)
            return await self._reaffirm(connection, consent_id, of_consent, answer, ledger=ledger)
        return await self._record_grant(connection, invite, answer, states=states, ledger=ledger, now=now, actor=actor)

    async def _invite_of(self, connection: asyncpg.Connection, answer: Affirmative, damages: list[Damage]) -> Invite:
        """The invite that is answered, authentic, with the text that its notice has; newest of the authentic ones."""
        invite = await invite_store.read_invite(connection, answer.invite_id)
        if invite is None:
            raise InviteUnknown("no such invite")
        if not self._invites.is_authentic(invite):
            damages.append(self._invites.damage_of(invite))
            raise RecordDamaged("the invite is not as the service left it")
        if not self._notices.is_shown(invite):
            damages.append(self._invites.damage_of(invite, "notice does not name what the invite asks for"))
            raise RecordDamaged("the invite's text is not what its notice says")
        if invite.is_newest:
            return invite
        others = await invite_store.all_invites(connection, invite.retailer_id)
        newer = [other for other in others[others.index(invite) + 1 :] if other.purpose == invite.purpose]
        forged = [other for other in newer if not self._invites.is_authentic(other)]
        damages.extend(map(self._invites.damage_of, forged))
        return replace(invite, is_newest=len(forged) == len(newer))

    async def _withdrawn_at(
        self, connection: asyncpg.Connection, invite: Invite, damages: list[Damage]
    ) -> list[datetime]:
        """When consents for the invite's purpose were withdrawn; of records alone, which nobody can take away."""
        rows = await store.records_of_retailer(connection, invite.retailer_id)
        contents = await self._verifier.records.read_many(rows)
        damages.extend(_record_damage(row) for row, content in zip(rows, contents, strict=True) if content is None)
        verified = [content for content in contents if content is not None]
        return records.withdrawals_of_purpose(verified, invite.purpose)

    async def _require_typed_answer(
        self, connection: asyncpg.Connection, invite: Invite, proof: Proof, *, now: datetime
    ) -> None:
        """A typed HAAN of the invited phone, while no other invite was open for it; what is spoilt may have been."""
        contacts = proof.contacts or {}
        asked = [
            other
            for other in await invite_store.invites_of(connection, sorted(contacts))
            if other.contact_ref == contacts[other.retailer_id] or not self._invites.is_authentic(other)
        ]
        if not is_typed_answer(invite, proof, asked, now=now):
            raise ConfirmationNeeded("only a tap on the question's own button proves the phone and the question")

    def _require_token(
        self, invite: Invite, ledger: Ledger, answer: Affirmative, *, is_reaffirmed: bool, damages: list[Damage]
    ) -> None:
        token = answer.proof.reply_token or ""
        asked = [invite, *([replace(invite, decided_at=None)] if is_reaffirmed else [])]
        if any(self._verifier.facts.is_reply_token(version, ledger.last_no_at, token) for version in asked):
            return
        if invite.decided_at is not None or ledger.last_no_at is not None:
            raise ConfirmationNeeded("the button belongs to a question of before")
        damages.append(self._invites.damage_of(invite, "reply token is not the invite's"))
        raise EvidenceInvalid("the reply token is not the invite's")

    async def _trusted_states(self, connection: asyncpg.Connection, retailer_id: str) -> list[State]:
        """The states of a retailer without the active ones that are not authentic: nothing is built on those."""
        states = await store.states_of(connection, retailer_id)
        active = await store.active_states(connection, [retailer_id]) if states else []
        damaged = {(row.state.lender_id, row.state.purpose) for row in active if not self._verifier.is_authentic(row)}
        return [state for state in states if (state.lender_id, state.purpose) not in damaged]

    async def _reaffirm(
        self,
        connection: asyncpg.Connection,
        consent_id: str,
        states: Sequence[State],
        answer: Affirmative,
        *,
        ledger: Ledger,
    ) -> SignedRecord:
        """A repeated HAAN moves `given_at` forward, so that a NAHI sent earlier does not revoke the consent."""
        record = await store.grant_record(connection, consent_id)
        if record is None:
            raise ConsentUnknown(f"consent {consent_id} has no record")
        if answer.sent_at > max(state.given_at for state in states):
            version = (await self._ledgers.next_version(connection, ledger)).version
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
        ledger: Ledger,
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
            version=(await self._ledgers.next_version(connection, ledger)).version,
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
        await self._invites.close(connection, invite, InviteStatus.GRANTED, now)
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
            proof=request.proof,
        )
        async with transaction(self._pool) as connection:
            ledger = await self._ledgers.lock(connection, withdrawal.retailer_id)
            states = await store.states_of(connection, withdrawal.retailer_id)
            if withdrawal.consent_id is not None:
                states = [state for state in states if state.consent_id == withdrawal.consent_id]
            ended = consents_ended_by(states, withdrawal.sent_at)
            before, ledger = ledger, ledger if withdrawal.consent_id else ledger.with_no(withdrawal.sent_at)
            for consent_id in ended:
                of_consent = active_of_consent(states, consent_id)
                ledger = await self._end(connection, withdrawal, of_consent, ledger=ledger, now=now)
            if not ended and ledger != before:
                await self._ledgers.next_version(connection, ledger)
            declined = await self._decline_all(connection, withdrawal, now)
            if ended:
                await store.count_change(connection)
        remains = any(state.status is StateStatus.ACTIVE and state.consent_id not in ended for state in states)
        return Revocation(revoked=tuple(ended), declined=declined, is_outdated=remains, at=now)

    async def end_all(self, connection: asyncpg.Connection, withdrawal: Withdrawal, ledger: Ledger) -> list[str]:
        """Ends every active consent of a retailer, whenever it was given; `ledger` is locked.

        The caller counts the change, as the last thing it does.

        Raises:
            Unavailable: the key store does not answer.
        """
        states = await store.states_of(connection, withdrawal.retailer_id)
        ended = sorted({state.consent_id for state in states if state.status is StateStatus.ACTIVE})
        for consent_id in ended:
            of_consent = active_of_consent(states, consent_id)
            ledger = await self._end(connection, withdrawal, of_consent, ledger=ledger, now=self._clock.now())
        return ended

    async def _end(
        self,
        connection: asyncpg.Connection,
        withdrawal: Withdrawal,
        states: Sequence[State],
        *,
        ledger: Ledger,
        now: datetime,
    ) -> Ledger:
        consent_id = states[0].consent_id
        content = records.withdrawal_content(consent_id, withdrawal, signed_at=now)
        await store.insert_withdrawal(connection, await records.sign(self._signer, content))
        ledger = await self._ledgers.next_version(connection, ledger)
        await store.end_states(
            connection, consent_id, StateStatus.REVOKED, version=ledger.version, ended_at=withdrawal.sent_at
        )
        ended = await describe_ended(connection, withdrawal.retailer_id, states, version=ledger.version, at=now)
        await self._publisher.revoked(connection, ended, withdrawal)
        return ledger

    async def _decline_all(
        self, connection: asyncpg.Connection, withdrawal: Withdrawal, now: datetime
    ) -> tuple[str, ...]:
        if withdrawal.consent_id is not None:
            return ()
        declined = []
        for invite in await invite_store.open_invites(connection, withdrawal.retailer_id):
            if await self._invites.close(connection, invite, InviteStatus.DECLINED, now):
                await self._invite_publisher.declined(connection, invite, at=now, actor=withdrawal.requested_by)
                declined.append(invite.invite_id)
        return tuple(declined)

    async def _retailer_of(self, consent_id: str | None) -> str:
        async with transaction(self._pool) as connection:
            retailer_id = await store.retailer_of_consent(connection, consent_id) if consent_id is not None else None
        if retailer_id is None:
            raise ConsentUnknown("no such consent")
        return retailer_id


def _record_damage(record: SignedRecord) -> Damage:
    reason = "record does not match its signature"
    return Damage(record.retailer_id, record.consent_id, reason, digest=record.digest().hex())


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
