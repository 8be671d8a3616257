"""For tests of services that set events aside: that an operator's order is taken and carried out in their database."""

from uuid import UUID

import asyncpg

from altscore_libs.clock import SystemClock
from altscore_libs.consumer import Consumer
from altscore_libs.decoding import PoisonEvent, RawMessage
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents, ParkedList
from altscore_libs.parked_orders import OrderWorker, ParkedOrder, place, read
from altscore_libs.poison import Parking
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS


async def outcome_of_a_dry_run(pool: asyncpg.Pool, consumer: Consumer, *, service: str, topic: str) -> str | None:
    """Sets a message aside that nobody can read, orders its dry run and lets the worker come to it.

    Args:
        pool: of the service's database, as the role of its processes.
        consumer: the worker's.
        service: its name.
        topic: one that it reads.
    """
    raw = RawMessage(topic=topic, partition=0, offset=1, key="k", value=b"no event", signature=None)
    await Parking(pool).park(raw, PoisonEvent("unknown schema id"))
    [event] = await ParkedList(pool).oldest(2)
    order = ParkedOrder(UUID(int=1), event=event["id"], action="dry_run", operator="ops-1", ticket="OPS-7")
    await place(pool, order)
    outbox = Outbox(SchemaCatalog.load(SCHEMAS), service, SystemClock(), mac_key=OUTBOX_KEY)
    await OrderWorker(ParkedEvents(pool, consumer, outbox)).step()
    state = await read(pool, order.order_id)
    return None if state is None else state["outcome"]
