"""One function per consumed event: each queues its message in the consumer's transaction."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, Received

from altscore_notification.erasures.store import is_erased
from altscore_notification.messages import store
from altscore_notification.messages.domain import EVENTS, Message, MessageKind, message_for

TOPICS = ("altscore.consent", "altscore.notices")
ONLY_TAKING_AWAY = ("consent.revoked", "consent.declined", "consent.expired")
"""Who withdraws hears of it, whatever of theirs could not be read before."""
_ANSWERS = frozenset({"consent.granted", "consent.declined"})


def handlers(clock: Clock) -> Mapping[str, Handler]:
    """The handler of each consumed event, by name."""

    async def queue(connection: asyncpg.Connection, event: Received) -> None:
        message = message_for(event.name, event.data)
        if message is not None and await _is_obsolete(connection, message, event):
            message = None
        if event.name in _ANSWERS:
            await store.cancel_questions(connection, event.data["invite_id"], clock.now())
        if message is not None:
            await store.add(connection, event.event_id, message, clock.now())

    return dict.fromkeys(EVENTS, queue)


async def _is_obsolete(connection: asyncpg.Connection, message: Message, event: Received) -> bool:
    """Whether the retailer is erased, or a grant that was set aside comes after its withdrawal was told."""
    if await is_erased(connection, message.retailer_id):  # first: an erasure locks so too
        return True
    if message.kind != MessageKind.CONFIRMATION:
        return False
    return await store.is_withdrawal_told(connection, message.retailer_id, after=event.producer_seq)
