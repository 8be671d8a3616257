"""The queue of stored messages: tried again while others are down, parked when hopeless."""

import logging
from datetime import timedelta

import asyncpg
from altscore_libs import logs
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError
from altscore_libs.leased_queue import LeasedQueue, RetryPolicy

from altscore_webhook.answers.service import AnswerService, Outcome
from altscore_webhook.answers.store import DueMessage
from altscore_webhook.errors import Unreadable

WHILE_OTHERS_ARE_DOWN = RetryPolicy(
    first_wait=timedelta(seconds=1), longest_wait=timedelta(minutes=5), give_up_after=timedelta(days=7)
)
WHEN_REFUSED = RetryPolicy(
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(minutes=5),
    give_up_after=timedelta(days=7),
    max_attempts=8,
)
TOO_MANY = 429
_log = logging.getLogger("altscore.webhook")


def answer_queue(service: AnswerService, *, poll_interval_s: float = 0.2) -> LeasedQueue[DueMessage]:
    """The queue of messages that wait for a decision.

    Args:
        service: claims and decides.
        poll_interval_s: between two looks at an empty queue.
    """

    async def handle(message: DueMessage) -> None:
        with logs.bound(message_hash=message.message_hash):
            await _handle(service, message)

    return LeasedQueue("answers", claim=service.claim, handle=handle, poll_interval_s=poll_interval_s)


async def _handle(service: AnswerService, message: DueMessage) -> None:
    try:
        outcome = await service.process(message)
    except Unavailable:
        await service.retry(message, WHILE_OTHERS_ARE_DOWN)
    except RemoteError as error:  # a quota is free again within the hour: no answer is given up for it
        await service.retry(message, WHILE_OTHERS_ARE_DOWN if error.status == TOO_MANY else WHEN_REFUSED)
    except Unreadable as error:
        await service.finish(message, Outcome("unreadable"), status="parked", reason=str(error))
    except (KeyError, TypeError, ValueError, asyncpg.PostgresError) as error:
        _log.warning("a message could not be processed", extra={"reason": type(error).__name__})
        await service.retry(message, WHEN_REFUSED)
    else:
        status = "parked" if outcome.name == "unresolvable" else "done"
        await service.finish(message, outcome, status=status)
