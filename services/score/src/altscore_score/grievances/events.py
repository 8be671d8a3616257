"""The consumed event of grievances: where one stands."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.consumer import Handler, Received
from altscore_libs.rls import ContextSigner

from altscore_score.grievances import store
from altscore_score.scores.store import PROJECTOR

TOPICS = ("altscore.grievances.status",)


def handlers(signer: ContextSigner) -> Mapping[str, Handler]:
    """Handlers by event name.

    Args:
        signer: of row-level-security contexts; only the projector may write.
    """

    async def status_changed(connection: asyncpg.Connection, event: Received) -> None:
        """Projects a grievance's status; the event is whole, so order and repetition do not matter."""
        await signer.enter(connection, PROJECTOR)
        await store.project(connection, event.data)

    return {"grievance.status_changed": status_changed}
