"""Wiring of the command that catches up after a restore."""

import sys
from datetime import date, timedelta

from altscore_libs.clock import SystemClock
from altscore_libs.db import create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.s3 import s3_client
from altscore_libs.signer import PublicKeys

from altscore_ingestion.batches.objects import Buckets, ObjectStore
from altscore_ingestion.manifests.reading import SignedBronze
from altscore_ingestion.recovery.service import RecoveryReport, RecoveryService, default_since
from altscore_ingestion.settings import CatchUpSettings

_READ_S = 10.0


async def run_catch_up(settings: CatchUpSettings, *, since: date | None) -> int:
    """Prints what was taken in; 1 while Bronze has something that the database does not know."""
    clock = SystemClock()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "ingestion", clock, mac_key=settings.outbox_key_bytes())
    buckets = Buckets(bronze=settings.bronze_bucket, quarantine="", retention=timedelta(0))
    objects = ObjectStore(s3_client(settings, read_timeout_s=_READ_S, attempts=3), buckets, clock)
    bronze = SignedBronze(objects, PublicKeys.load(settings.public_keys_dir))
    async with await create_pool(settings.database_url) as pool:
        service = RecoveryService(pool, outbox, objects=objects, bronze=bronze, clock=clock)
        report = await service.catch_up(since=since or default_since(clock.now().date()))
    for line in lines_of(report):
        sys.stdout.write(f"{line}\n")
    return 0 if report.is_whole else 1


def lines_of(report: RecoveryReport) -> list[str]:
    """What a person is told; names of the store are quoted, since anybody who may write there chooses them."""
    refused = len(report.forged) + len(report.unreadable)
    return [
        f"taken in {report.taken_in}, known {report.known}, refused {refused}, "
        f"unknown distributors {len(report.unknown)}",
        *(f"not signed by ingestion: {name!r}: {reason}" for name, reason in report.forged),
        *(f"not what its manifest says: {folder!r}" for folder in report.unreadable),
        *(f"unknown distributor: {distributor_id!r}" for distributor_id in report.unknown),
    ]
