"""One function per consumed event: each queues its message in the consumer's transaction."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, Received

from altscore_notification.erasures.store import is_erased
from altscore_notification.messages import store
from altscore_notification.messages.domain import EVENTS, message_for

TOPICS = ("altscore.consent",)
_ANSWERS = frozenset({"consent.granted", "consent.declined"})


def handlers(clock: Clock) -> Mapping[str, Handler]:
    """The handler of each consumed event, by name."""

    async def queue(connection: asyncpg.Connection, event: Received) -> None:
        message = message_for(event.name, event.data)
        if message is not None and await is_erased(connection, message.retailer_id):  # first: an erasure locks so too
            message = None
        if event.name in _ANSWERS:
            await store.cancel_questions(connection, event.data["invite_id"], clock.now())
        if message is not None:
            await store.add(connection, event.event_id, message, clock.now())

    return dict.fromkeys(EVENTS, queue)
