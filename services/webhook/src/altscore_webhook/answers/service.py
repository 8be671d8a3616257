"""From a stored message to a decision that consent knows: gathers what the decision needs, and carries it out."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.identifiers import Phone
from altscore_libs.leased_queue import RetryPolicy
from altscore_libs.outbox import Outbox
from altscore_libs.signer import KeyWrapper
from prometheus_client import Counter, Histogram

from altscore_webhook.answers import store
from altscore_webhook.answers.domain import (
    Answer,
    Clarify,
    Context,
    Grant,
    Invite,
    Note,
    ProvenAnswer,
    Reply,
    Sender,
    Withdraw,
    decide,
    read_reply,
)
from altscore_webhook.answers.store import DueMessage
from altscore_webhook.clients import ConsentClient, VaultClient
from altscore_webhook.deliveries.domain import message_at, parse_body
from altscore_webhook.deliveries.envelope import decrypt
from altscore_webhook.erasures.store import link
from altscore_webhook.errors import Unreadable
from altscore_webhook.users.service import UserService, former_contacts

CONFIRMATION_NEEDED = "CONFIRMATION_NEEDED"
_FINAL_REFUSALS = {"ANSWER_OUTDATED": "outdated", "RETAILER_ERASED": "erased"}
_log = logging.getLogger("altscore.webhook")
_finished = Counter("altscore_webhook_messages_total", "Messages brought to an end.", ["outcome"])
_seconds = Histogram(
    "altscore_webhook_answer_seconds",
    "From the arrival of a retailer's message until its effect is committed, seconds.",
    ["outcome"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 3600),
)


class Outcome(NamedTuple):
    """How a message ended, and for which retailers."""

    name: str
    retailer_ids: tuple[str, ...] = ()


class AnswerService:
    """Decides stored messages.

    Args:
        pool: of the webhook database.
        outbox: for audit.
        wrapper: unwraps data keys, and computes the MACs by which message ids are known.
        users: phones of those who hide or have changed them.
        vault: whose phone it is.
        consent: learns what was answered.
        clock: the present.
        wamid_label: name of the MAC key for message ids.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        outbox: Outbox,
        wrapper: KeyWrapper,
        *,
        users: UserService,
        vault: VaultClient,
        consent: ConsentClient,
        clock: Clock,
        wamid_label: str = "wamid",
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._wrapper = wrapper
        self._users = users
        self._vault = vault
        self._consent = consent
        self._clock = clock
        self._wamid_label = wamid_label

    async def claim(self, limit: int) -> list[DueMessage]:
        """Leases messages that are due."""
        async with transaction(self._pool) as connection:
            return await store.claim(connection, self._clock.now(), limit)

    async def process(self, message: DueMessage) -> Outcome:
        """Reads one message and does what follows from it; may be repeated.

        Raises:
            Unreadable: the stored delivery can never be read.
            Unavailable: the vault, consent, the key store or the database does not answer.
            RemoteError: the vault or consent refused the call.
        """
        raw, signature = await self._open(message)
        reply = read_reply(message_at(parse_body(raw), message.place), message.received_at)
        answer = ProvenAnswer(message.message_hash, reply.sent_at, raw=raw, signature=signature, place=message.place)
        sender, contacts, phone = await self._resolve(reply)
        await self._link(message, contacts, phone)
        if reply.system_outcome is not None:
            return Outcome(reply.system_outcome, tuple(contacts))
        if sender is Sender.HIDDEN and reply.answer in (Answer.YES, Answer.NO):
            return Outcome("unresolvable")  # parked, until a delivery shows this user id beside a phone
        context = await self._context(reply, sender, contacts, message_hash=message.message_hash)
        decision = decide(reply.answer, context)
        match decision:
            case Grant():
                return await self._grant(decision, answer)
            case Withdraw():
                return await self._withdraw(decision, answer)
            case Clarify():
                return await self._clarify(decision, message.message_hash)
            case Note():
                return Outcome(decision.outcome, decision.retailer_ids)

    async def retry(self, message: DueMessage, policy: RetryPolicy) -> None:
        """Sets when a message is tried again, or parks it when the policy gives it up."""
        next_at = policy.next_attempt_at(self._clock.now(), created_at=message.received_at, attempts=message.attempts)
        if next_at is None:
            await self.finish(message, Outcome("gave_up"), status="parked")
            return
        async with transaction(self._pool) as connection:
            await store.retry_at(connection, message.message_hash, next_at)

    async def finish(self, message: DueMessage, outcome: Outcome, *, status: str, reason: str | None = None) -> None:
        """Brings a message to its end, audited."""
        now = self._clock.now()
        async with transaction(self._pool) as connection:
            await store.finish(connection, message.message_hash, status=status, outcome=outcome.name, at=now)
            for subject in outcome.retailer_ids or (None,):
                await self._outbox.audit(
                    connection,
                    "reply_received",
                    actor="retailer",
                    outcome=outcome.name,
                    subject=subject,
                    reason=reason,
                    details={"message": message.message_hash, "status": status},
                )
        _finished.labels(outcome.name).inc()
        _seconds.labels(outcome.name).observe(max(0.0, (now - message.received_at).total_seconds()))
        if status == "parked":
            _log.error("a message is parked", extra={"message_hash": message.message_hash, "outcome": outcome.name})

    async def _open(self, message: DueMessage) -> tuple[bytes, str]:
        """The delivery and the provider's signature of it."""
        if message.envelope is None or message.delivery_id is None:
            raise Unreadable("the delivery is gone")
        if message.signature is None:
            raise Unreadable("the delivery has no signature")
        raw = await decrypt(self._wrapper, message.envelope, context=message.delivery_id.bytes)
        return raw, message.signature

    async def _link(self, message: DueMessage, contacts: Mapping[str, str], phone: Phone | None) -> None:
        """Records whose message it is, so that an erasure finds its body and the phone."""
        if not contacts:
            return
        phone_hash = await self._users.hash_of(phone) if phone is not None else None
        async with transaction(self._pool) as connection:
            await link(
                connection,
                list(contacts),
                phone_hash=phone_hash,
                message_hash=message.message_hash,
                at=self._clock.now(),
            )

    async def _resolve(self, reply: Reply) -> tuple[Sender, Mapping[str, str], Phone | None]:
        """How the sender is known, the retailers with their contacts (decision 90), and the sender's phone."""
        phone = reply.phone
        if phone is None and reply.user_id is not None:
            phone = await self._users.phone_of(reply.user_id)
        contacts = await self._vault.contacts_of(phone) if phone is not None else {}
        if contacts:
            return Sender.CONFIRMED, contacts, phone
        if former := await former_contacts(self._users, self._vault, phone=phone, user_id=reply.user_id):
            return Sender.FORMER, former, phone
        if phone is not None:
            return Sender.CONFIRMED, {}, phone
        invite = await self._invite(reply.invite_id or await self._invite_replied_to(reply))
        if invite is not None and invite.contact_ref is not None:
            return Sender.BY_INVITE, {invite.retailer_id: invite.contact_ref}, None
        return Sender.HIDDEN, {}, None

    async def _hash(self, text: str) -> str:
        return (await self._wrapper.hmac(self._wamid_label, text.encode(errors="replace"))).hex()

    async def _context(
        self, reply: Reply, sender: Sender, contacts: Mapping[str, str], *, message_hash: str
    ) -> Context:
        if not contacts:
            return Context(contacts)
        if reply.answer is Answer.NO:  # a typed NAHI is for everything, whatever it replies to (decision 66)
            return Context(contacts, named_invite=await self._invite(reply.invite_id), sender=sender)
        invite_id, is_replaced = reply.invite_id, False
        if reply.answer is Answer.YES:
            is_replaced = await self._is_replaced(message_hash)
            invite_id = invite_id or await self._invite_replied_to(reply)
        return Context(
            contacts,
            names_invite=invite_id is not None,
            named_invite=await self._invite(invite_id),
            open_invites=await self._open_invites(contacts),
            is_replaced=is_replaced,
            sender=sender,
        )

    async def _invite(self, invite_id: str | None) -> Invite | None:
        return await self._consent.invite(invite_id) if invite_id is not None else None

    async def _open_invites(self, contacts: Mapping[str, str]) -> list[Invite]:
        return [invite for retailer_id in contacts for invite in await self._consent.open_invites(retailer_id)]

    async def _invite_replied_to(self, reply: Reply) -> str | None:
        if reply.replied_to is None:
            return None
        message_hash = await self._hash(reply.replied_to)
        async with transaction(self._pool) as connection:
            return await store.invite_of_sent_message(connection, message_hash)

    async def _is_replaced(self, message_hash: str) -> bool:
        async with transaction(self._pool) as connection:
            return await store.is_replaced(connection, message_hash)

    async def _grant(self, decision: Grant, answer: ProvenAnswer) -> Outcome:
        invite = decision.invite
        refusal = await self._consent.grant(invite, decision.contact_ref, answer)
        if refusal is None:
            return Outcome("granted", (invite.retailer_id,))
        if refusal in _FINAL_REFUSALS:
            return Outcome(_FINAL_REFUSALS[refusal], (invite.retailer_id,))
        question = decision.otherwise
        if refusal == CONFIRMATION_NEEDED:  # only the button of a question proves the phone: put it again
            question = Clarify(invite.retailer_id, decision.contact_ref, invite.invite_id, outcome="to_confirm")
        return await self._clarify(question, answer.message_hash)

    async def _withdraw(self, decision: Withdraw, answer: ProvenAnswer) -> Outcome:
        results = [await self._consent.revoke(retailer_id, answer) for retailer_id in decision.retailer_ids]
        is_outdated = all(result == "outdated" for result in results)
        return Outcome("outdated" if is_outdated else "revoked", decision.retailer_ids)

    async def _clarify(self, decision: Clarify, message_hash: str) -> Outcome:
        await self._consent.unclear(decision.retailer_id, decision.contact_ref, decision.invite_id, message_hash)
        return Outcome(decision.outcome, (decision.retailer_id,))
