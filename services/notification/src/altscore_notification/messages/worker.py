"""The queue of messages, and the hourly deletion of finished ones."""

from altscore_libs import logs
from altscore_libs.leased_queue import LeasedQueue
from altscore_libs.periodic import PeriodicWorker

from altscore_notification.messages.service import MessagePurge, MessageService
from altscore_notification.messages.store import DueMessage

PURGE_INTERVAL_S = 3600.0


def message_queue(service: MessageService, *, poll_interval_s: float = 0.2) -> LeasedQueue[DueMessage]:
    """The queue of messages to send.

    Args:
        service: claims and sends.
        poll_interval_s: between two looks at an empty queue.
    """

    async def send(due: DueMessage) -> None:
        with logs.bound(retailer_id=due.message.retailer_id):
            await service.send(due)

    return LeasedQueue("messages", claim=service.claim, handle=send, poll_interval_s=poll_interval_s)


def purge_worker(purge: MessagePurge) -> PeriodicWorker:
    """Deletes hourly."""

    async def step() -> None:
        await purge.purge()

    return PeriodicWorker("purge", step, interval_s=PURGE_INTERVAL_S)
