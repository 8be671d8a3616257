"""Wiring of the SFTP server; imported by the command that runs it alone."""

from functools import partial

from altscore_libs.clock import SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.outbox import Outbox
from altscore_libs.service import Readiness, serve
from altscore_libs.signer import open_wrapper

from altscore_ingestion.landings.refusals import SftpRefusals
from altscore_ingestion.landings.server import Limits, SftpListener
from altscore_ingestion.landings.service import LandingService
from altscore_ingestion.settings import SftpSettings


async def run_sftp(settings: SftpSettings) -> None:
    """Serves SFTP; health and metrics on the internal port."""
    clock, readiness = SystemClock(), Readiness()
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), "ingestion", clock, mac_key=settings.outbox_key_bytes())
    wrapper = await open_wrapper(settings, settings.kek_label)
    async with await create_pool(settings.database_url) as pool:
        refusals = SftpRefusals(pool, outbox=outbox, clock=clock)
        listener = SftpListener(
            LandingService(pool, outbox, wrapper=wrapper, clock=clock),
            refusals,
            host_key_file=settings.sftp_host_key_file,
            address=(settings.listen_host, settings.sftp_port),
            limits=Limits(max_connections=settings.sftp_max_connections),
        )
        readiness.add("database", partial(check, pool))
        await serve(
            "ingestion-sftp",
            workers={"sftp": listener.run, "refusals": refusals.run},
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
