"""The commands of the audit service; the only place that reads the environment, opens pools and wires."""

import argparse
import logging
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import asyncpg
from altscore_libs import db, service
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.consumer import BatchConsumer, Decoder
from altscore_libs.event_signatures import EventVerifier
from altscore_libs.events import SchemaCatalog
from altscore_libs.openapi import openapi_json
from altscore_libs.registry import Registry
from altscore_libs.rotation_commands import rotation_commands
from altscore_libs.service import Listener, Readiness
from altscore_libs.settings import ProcessSettings
from altscore_libs.signer import PublicKeys, open_newest_signer
from altscore_libs.state_gauges import StateGauges
from altscore_libs.tls import client_context
from altscore_libs.yaml_text import parse_yaml

from altscore_audit.app import create_app
from altscore_audit.chain.domain import CHAINS, MAX_SEQ, Rule, rules_of
from altscore_audit.chain.events import EventConsumer
from altscore_audit.chain.service import ChainService
from altscore_audit.checkpoints.domain import SIGNING_KEY
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit.checkpoints.worker import checkpoint_worker
from altscore_audit.clients import S3WormBucket, TlsSyslogReceiver
from altscore_audit.counts.service import CountService
from altscore_audit.counts.store import MEASURES as COUNT_MEASURES
from altscore_audit.counts.worker import daily_count_worker
from altscore_audit.dependencies import Services
from altscore_audit.detections.service import DetectionService
from altscore_audit.detections.store import MEASURES as DETECTION_MEASURES
from altscore_audit.detections.worker import detection_worker
from altscore_audit.exports.service import ExportService
from altscore_audit.exports.store import MEASURES as EXPORT_MEASURES
from altscore_audit.exports.worker import export_worker
from altscore_audit.proofs.domain import LenderView, lender_view
from altscore_audit.proofs.service import ProofService
from altscore_audit.search.service import SearchService
from altscore_audit.segments.service import SegmentProofService, SegmentService
from altscore_audit.segments.worker import segment_worker
from altscore_audit.settings import ApiSettings, MigrateSettings, ReportSettings, RewindSettings, WorkerSettings
from altscore_audit.siem.domain import TEXTS
from altscore_audit.siem.service import SiemService
from altscore_audit.siem.store import MEASURES as SIEM_MEASURES
from altscore_audit.siem.store import move_back
from altscore_audit.siem.worker import siem_worker
from altscore_audit.threat_reports.domain import week_of
from altscore_audit.threat_reports.service import WeeklyReports, make_report
from altscore_audit.threat_reports.store import MEASURES as REPORT_MEASURES
from altscore_audit.threat_reports.worker import threat_report_worker

_log = logging.getLogger("altscore.audit")
BATCH = 500
BATCH_WAIT_S = 0.05


def create_services(
    pool: asyncpg.Pool, clock: Clock, keys: PublicKeys | None = None, *, view: LenderView | None = None
) -> Services:
    """The use cases behind the routes; without keys no checkpoint counts, and without a view no lender is shown any."""
    trusted = keys or PublicKeys({})
    return Services(
        chain=ChainService(pool=pool, clock=clock),
        counts=CountService(pool=pool),
        search=SearchService(pool=pool),
        proofs=ProofService(pool=pool, keys=trusted, view=view or LenderView({})),
        segments=SegmentProofService(pool, trusted, clock),
    )


async def run_api(settings: ApiSettings) -> None:
    """Serves the read-only API until it is stopped."""
    pool = await db.create_pool(settings.database_url)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    view = lender_view(_yaml(settings, "audit/lender_entries.yml"))
    app = create_app(create_services(pool, SystemClock(), PublicKeys.load(settings.public_keys_dir), view=view))
    listener = Listener(app, settings.api_port, settings.server_tls())
    try:
        await service.serve(
            "audit-api",
            listeners=[listener],
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
    finally:
        await pool.close()


async def run_worker(settings: WorkerSettings) -> None:
    """Chains events and signs checkpoints until it is stopped."""
    pool = await db.create_pool(settings.database_url, max_size=4, statement_timeout_s=15.0)
    await refuse_writable_role(pool)
    rules = rules_of(_yaml(settings, "audit/actions.yml"))
    topics = _yaml(settings, "topics.yml")
    recorder = _recorder(settings, pool, rules, producers=producers_of(topics))
    consumer = BatchConsumer(
        settings,
        group="audit",
        topics=[str(topic["name"]) for topic in topics],
        handler=recorder.consume,
        batch_size=BATCH,
        wait_s=BATCH_WAIT_S,
    )
    siem = create_siem_service(settings, pool)
    measures = [*COUNT_MEASURES, *DETECTION_MEASURES, *EXPORT_MEASURES, *REPORT_MEASURES]
    measures += SIEM_MEASURES if siem else ()
    evidence = await _evidence_workers(settings, pool, rules)
    readiness = Readiness()
    readiness.add("database", lambda: db.check(pool))
    try:
        await service.serve(
            "audit",
            workers={
                "consumer": consumer.run,
                "daily_counts": daily_count_worker(CountService(pool)).run,
                "detections": detection_worker(DetectionService(pool, SystemClock())).run,
                **evidence,
                "state_gauges": StateGauges(pool, measures).register().run,
                **({} if siem is None else {"siem": siem_worker(siem).run}),
            },
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )
    finally:
        await pool.close()


async def _evidence_workers(
    settings: WorkerSettings, pool: asyncpg.Pool, rules: Mapping[str, Rule]
) -> dict[str, service.Worker]:
    """What keeps evidence in the locked bucket."""
    clock, bucket = SystemClock(), S3WormBucket(settings, settings.s3_bucket)
    signer, keys = await open_newest_signer(settings, SIGNING_KEY), PublicKeys.load(settings.public_keys_dir)
    checkpoints = CheckpointService(
        pool=pool,
        signer=signer,
        keys=keys,
        bucket=bucket,
        rules=rules,
        clock=clock,
        interval_s=settings.checkpoint_interval_s,
    )
    segments = SegmentService(pool=pool, signer=signer, keys=keys, bucket=bucket, rules=rules, clock=clock)
    reports = WeeklyReports(pool=pool, bucket=bucket, rules=rules, clock=clock)
    return {
        "checkpoints": checkpoint_worker(checkpoints).run,
        "exports": export_worker(ExportService(pool=pool, bucket=bucket, rules=rules, clock=clock)).run,
        "segments": segment_worker(segments).run,
        "threat_reports": threat_report_worker(reports).run,
    }


def producers_of(topics: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Who may write each topic of schemas/topics.yml."""
    return {str(topic["name"]): frozenset(topic["producers"]) for topic in topics}


def _recorder(
    settings: WorkerSettings,
    pool: asyncpg.Pool,
    rules: Mapping[str, Rule],
    *,
    producers: Mapping[str, frozenset[str]],
) -> EventConsumer:
    return EventConsumer(
        pool=pool,
        decoder=Decoder(SchemaCatalog.load(settings.schemas_dir), Registry(settings.registry_url)),
        verifier=EventVerifier(PublicKeys.load(settings.public_keys_dir)),
        producers=producers,
        rules=rules,
        clock=SystemClock(),
    )


def create_siem_service(settings: WorkerSettings, pool: asyncpg.Pool) -> SiemService | None:
    """The stream to the SIEM, None where the settings name no receiver."""
    if settings.siem_host is None:
        return None
    receiver = TlsSyslogReceiver(settings.siem_host, settings.siem_port, client_context(settings.siem_tls()))
    return SiemService(pool=pool, receiver=receiver, text=TEXTS[settings.siem_format], host=settings.siem_sender)


def _yaml(settings: ProcessSettings, name: str) -> Any:
    return parse_yaml((settings.schemas_dir / name).read_text(encoding="utf-8"))


async def refuse_writable_role(pool: asyncpg.Pool) -> None:
    """Stops a deployment whose role could write around the one function that may append.

    Raises:
        SystemExit: the role owns audit_log or may change it.
    """
    async with db.transaction(pool) as connection:
        may_write = await connection.fetchval(
            "SELECT has_table_privilege('audit_log', 'INSERT, UPDATE, DELETE, TRUNCATE')"
            " OR pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'audit_log'::regclass), 'MEMBER')"
        )
    if may_write:
        raise SystemExit("the database role may write audit_log directly; start with the service's own role")


def migrate(settings: MigrateSettings) -> None:
    """Brings the database to the newest version, as its owner."""
    db.upgrade(settings.owner_database_url, settings.migrations_dir)


def _rewind_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chain", choices=CHAINS, required=True)
    parser.add_argument("--to", type=int, required=True, help="number of the last entry that is not sent again")


async def siem_rewind(settings: RewindSettings, arguments: argparse.Namespace) -> None:
    """Has everything behind an entry sent to the SIEM again, as the database's owner.

    Raises:
        SystemExit: there is no such entry, or it has not been sent yet.
    """
    pool = await db.create_pool(settings.owner_database_url, max_size=1)
    try:
        async with db.transaction(pool) as connection:
            is_moved = 0 <= arguments.to <= MAX_SEQ and await move_back(connection, arguments.chain, arguments.to)
    finally:
        await pool.close()
    if not is_moved:
        raise SystemExit(f"entry {arguments.to} of the chain {arguments.chain} has not been sent yet")
    _log.warning("entries will be sent to the SIEM again", extra={"chain": arguments.chain, "after": arguments.to})


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--week", type=week_of, required=True, help="of ISO 8601, as 2026-W21")
    parser.add_argument("--out", type=Path, required=True, help="HTML file to write")


async def threat_report(settings: ReportSettings, arguments: argparse.Namespace) -> None:
    """Writes the threat report of a week."""
    pool = await db.create_pool(settings.database_url, max_size=1, statement_timeout_s=15.0)
    try:
        html = await make_report(pool, SystemClock(), arguments.week)
    finally:
        await pool.close()
    arguments.out.write_text(html, encoding="utf-8")


def print_openapi() -> None:
    """Prints the OpenAPI document; it needs no database."""
    sys.stdout.write(openapi_json(create_app(None)))


COMMANDS = {
    "migrate": Command(migrate, MigrateSettings, help="bring the database to the newest version"),
    "api": Command(run_api, ApiSettings, help="serve the read-only API"),
    "worker": Command(run_worker, WorkerSettings, help="chain events and sign checkpoints"),
    **rotation_commands(WorkerSettings, {"rotate-key": lambda _settings: SIGNING_KEY}),
    "siem-rewind": Command(
        siem_rewind, RewindSettings, help="have entries sent to the SIEM again", arguments=_rewind_arguments
    ),
    "threat-report": Command(
        threat_report, ReportSettings, help="write the threat report of a week", arguments=_report_arguments
    ),
    "openapi": Command(print_openapi, help="print the OpenAPI document"),
}


def main() -> None:
    """Runs the command that the arguments name."""
    run_commands("altscore_audit", COMMANDS)
