"""The projection of consumed events, as the worker runs it and as its set-aside events are applied."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.parked import ParkedEvents
from altscore_libs.rls import ContextSigner
from altscore_libs.signer import PublicKeys

from altscore_score.audit.service import AuditWriter
from altscore_score.scores.reader import SignatureVerifier
from altscore_score.scores.taxonomy import load_taxonomy
from altscore_score.settings import WorkerSettings

if TYPE_CHECKING:
    from altscore_libs.consumer import Consumer

NAME = "score"


def projection(settings: WorkerSettings, pool: asyncpg.Pool, audit: AuditWriter) -> "Consumer":
    """The consumer that projects scores, consents and grievances, and forgets erased retailers."""
    # The API process is spared 25 MiB of Kafka's clients.
    from altscore_libs.consumer import Consumer  # noqa: PLC0415

    from altscore_score.erasures import events as erasures  # noqa: PLC0415
    from altscore_score.grievances import events as grievances  # noqa: PLC0415
    from altscore_score.scores import events as scores  # noqa: PLC0415

    signer, catalogue = ContextSigner(settings.context_key_bytes()), SchemaCatalog.load(settings.schemas_dir)
    keys = PublicKeys.load(settings.public_keys_dir)
    verifier = SignatureVerifier(keys, load_taxonomy(settings.schemas_dir))
    handlers = {
        **scores.Projection(signer, verifier, audit).handlers(),
        **grievances.handlers(signer),
        **erasures.ErasureEvents(signer, keys, outbox=audit.outbox, clock=SystemClock()).handlers(),
    }
    topics = (*scores.TOPICS, *grievances.TOPICS, erasures.TOPIC)
    return Consumer(pool, catalogue, settings, group=NAME, topics=topics, handlers=handlers)


@asynccontextmanager
async def open_parked(settings: WorkerSettings) -> AsyncIterator[ParkedEvents]:
    """What the worker has set aside."""
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), NAME, SystemClock())
    async with await db.create_pool(settings.database_url) as pool, AsyncExitStack() as stack:
        audit = AuditWriter(pool, outbox)
        stack.push_async_callback(audit.close)
        yield ParkedEvents(pool, projection(settings, pool, audit), outbox)
