"""The commands; the only place that reads the environment. What one command needs, the others do not import."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import asyncpg
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.commands import Command, run_commands
from altscore_libs.db import check, create_pool, upgrade
from altscore_libs.events import SchemaCatalog
from altscore_libs.openapi import openapi_json
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.relay import open_relay
from altscore_libs.retention import RowRetention
from altscore_libs.rotation_commands import rotation_commands
from altscore_libs.service import Readiness, serve
from altscore_libs.state_gauges import OUTBOX_MEASURES, Measure, StateGauges

from altscore_ingestion.settings import ApiSettings, CatchUpSettings, MigrateSettings, SftpSettings, WorkerSettings
from altscore_ingestion.vault import settings as vault

_ROOT = Path(__file__).resolve().parents[2]


async def api(settings: ApiSettings) -> None:
    """Serves connectors and admin."""
    from altscore_ingestion.wiring import run_api  # noqa: PLC0415  # Parquet and S3 are large

    await run_api(settings)


async def endorse_manifests(settings: ApiSettings) -> int:
    """Signs batches from before manifests were signed; status 1 when one is not what the database recorded."""
    from altscore_ingestion.wiring import endorse_manifests as endorse  # noqa: PLC0415

    report = await endorse(settings)
    sys.stdout.write(f"endorsed {report.endorsed}, signed before {report.signed_before}, refused {report.refused}\n")
    return 1 if report.refused else 0


async def rotate_connector_ca(settings: ApiSettings) -> None:
    """Writes the certificate of a new connector CA whose key the key store made."""
    from altscore_ingestion.wiring import rotate_connector_ca as rotate  # noqa: PLC0415

    sys.stdout.write(await rotate(settings))


async def sftp(settings: SftpSettings) -> None:
    """Serves distributors that put files by SFTP."""
    from altscore_ingestion.landings.wiring import run_sftp  # noqa: PLC0415  # asyncssh is large

    await run_sftp(settings)


async def catch_up(settings: CatchUpSettings, arguments: argparse.Namespace) -> int:
    """Takes in what Bronze has and a restored database forgot; status 1 while something is missing."""
    from altscore_ingestion.recovery.wiring import run_catch_up  # noqa: PLC0415  # Parquet and S3 are large

    return await run_catch_up(settings, since=arguments.since)


def _catch_up_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since", type=date.fromisoformat, help="first day of arrival (UTC) to look at; by default 35 days ago"
    )


async def vault_api(settings: vault.ApiSettings) -> None:
    """Serves the vault."""
    from altscore_ingestion.vault.wiring import run_vault  # noqa: PLC0415

    await run_vault(settings)


async def run_worker(settings: WorkerSettings) -> None:
    """Relays ingestion's outbox."""
    from altscore_ingestion.batches.store import MEASURES  # noqa: PLC0415
    from altscore_ingestion.batches.worker import outcomes_retention  # noqa: PLC0415
    from altscore_ingestion.connectors.store import MEASURES as CONNECTOR_MEASURES  # noqa: PLC0415
    from altscore_ingestion.landings.retention import landing_retention  # noqa: PLC0415
    from altscore_ingestion.landings.store import MEASURES as LANDING_MEASURES  # noqa: PLC0415
    from altscore_ingestion.uploads.store import MEASURES as UPLOAD_MEASURES  # noqa: PLC0415
    from altscore_ingestion.uploads.worker import upload_workers  # noqa: PLC0415

    await run_relay(
        "ingestion",
        settings,
        (*MEASURES, *CONNECTOR_MEASURES, *UPLOAD_MEASURES, *LANDING_MEASURES),
        retention=outcomes_retention,
        further=lambda pool: {
            **upload_workers(pool, SystemClock()),
            "landing_retention": landing_retention(pool, SystemClock()).worker(),
        },
    )


async def run_vault_worker(settings: vault.WorkerSettings) -> None:
    """Relays the vault's outbox, and does erasures again that a restore has undone."""
    from altscore_ingestion.vault.rewrapping.store import MEASURES  # noqa: PLC0415
    from altscore_ingestion.vault.wiring import topic_erasures  # noqa: PLC0415

    await run_relay(
        "vault", settings, MEASURES, further=lambda pool: {"erasures": topic_erasures(settings, pool).worker()}
    )


async def vault_reapply_erasures(settings: vault.WorkerSettings) -> int:
    """Does all erasures again that a restore has undone; status 1 when one is not certified."""
    from altscore_ingestion.vault.wiring import topic_erasures  # noqa: PLC0415

    async with await create_pool(settings.database_url) as pool:
        report = await topic_erasures(settings, pool).run_once()
    sys.stdout.write(f"told {report.told}, done again {report.reapplied}, refused {report.refused}\n")
    return 1 if report.refused else 0


async def vault_rewrap(settings: vault.ApiSettings) -> int:
    """Wraps all data keys anew that are due; status 1 when one cannot be unwrapped."""
    from altscore_ingestion.vault.wiring import rewrap_all  # noqa: PLC0415

    report = await rewrap_all(settings)
    sys.stdout.write(f"wrapped anew {report.rewrapped}, unreadable {report.unreadable}\n")
    return 1 if report.unreadable else 0


async def vault_remac(settings: vault.ApiSettings) -> int:
    """Gives MACs to rows from before there were any, once after the migration; status 1 when a MAC does not hold."""
    from altscore_ingestion.vault.wiring import mac_rows  # noqa: PLC0415

    count, report = await mac_rows(settings)
    sys.stdout.write(f"given a MAC {count}, rows {report.rows}, not intact {report.tampered}\n")
    return 1 if report.tampered else 0


async def vault_sweep(settings: vault.ApiSettings) -> int:
    """Verifies every row; status 1 when a MAC does not hold."""
    from altscore_ingestion.vault.wiring import verify_rows  # noqa: PLC0415

    report = await verify_rows(settings)
    sys.stdout.write(f"rows {report.rows}, not intact {report.tampered}\n")
    return 1 if report.tampered else 0


def vault_verify_erasure(arguments: argparse.Namespace) -> int:
    """Says whether a certificate of erasure is authentic; needs neither network nor database."""
    from altscore_libs.signer import PublicKeys  # noqa: PLC0415

    from altscore_ingestion.vault.erasures.domain import is_certified, read_document  # noqa: PLC0415

    try:
        document = json.loads(arguments.certificate.read_text(encoding="utf-8"))
        is_valid = is_certified(read_document(document), PublicKeys.load(arguments.keys))
    except (OSError, ValueError):
        is_valid = False
    sys.stdout.write("authentic\n" if is_valid else "not authentic\n")
    return 0 if is_valid else 1


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("certificate", type=Path, help="file with the answer of the erasure")
    parser.add_argument("--keys", type=Path, required=True, help="folder with erasure-signing.pem")


async def run_relay(
    name: str,
    settings: WorkerSettings | vault.WorkerSettings,
    measures: Sequence[Measure],
    *,
    retention: Callable[[asyncpg.Pool, Clock], RowRetention] | None = None,
    further: Callable[[asyncpg.Pool], Mapping[str, PeriodicWorker]] | None = None,
) -> None:
    """Serves the relay of one outbox, the gauges of its database, and what removes old rows of it."""
    readiness = Readiness()
    async with await create_pool(settings.database_url) as pool:
        readiness.add("database", partial(check, pool))
        relay = await open_relay(settings, SchemaCatalog.load(settings.schemas_dir), name)
        gauges = StateGauges(pool, (*OUTBOX_MEASURES, *measures)).register()
        workers = {"relay": relay.run, "state_gauges": gauges.run}
        if retention is not None:
            workers["retention"] = retention(pool, SystemClock()).worker().run
        if further is not None:
            workers |= {worker: periodic.run for worker, periodic in further(pool).items()}
        await serve(
            name,
            workers=workers,
            readiness=readiness,
            internal_port=settings.internal_port,
            host=settings.listen_host,
        )


def openapi() -> None:
    """Writes the OpenAPI document of the ingestion API."""
    from altscore_ingestion.app import create_app  # noqa: PLC0415

    sys.stdout.write(openapi_json(create_app(None)))


def vault_openapi() -> None:
    """Writes the OpenAPI document of the vault."""
    from altscore_ingestion.vault.app import create_app  # noqa: PLC0415

    sys.stdout.write(openapi_json(create_app(None)))


def migrate(settings: MigrateSettings) -> None:
    """Brings ingestion's database to the newest version."""
    upgrade(settings.owner_database_url, _ROOT / "migrations")


def vault_migrate(settings: vault.MigrateSettings) -> None:
    """Brings the vault's database to the newest version."""
    upgrade(settings.owner_database_url, _ROOT / "migrations_vault")


COMMANDS = {
    "api": Command(api, ApiSettings, help="serves connectors and admin"),
    "sftp": Command(sftp, SftpSettings, help="takes files that distributors put by SFTP"),
    "worker": Command(run_worker, WorkerSettings, help="relays ingestion's outbox"),
    "catch-up": Command(
        catch_up,
        CatchUpSettings,
        help="takes in what Bronze has and the restored database forgot",
        arguments=_catch_up_arguments,
    ),
    "migrate": Command(migrate, MigrateSettings, help="brings ingestion's database to the newest version"),
    "endorse-manifests": Command(
        endorse_manifests,
        ApiSettings,
        help="signs batches from before manifests were signed, where they are what the database recorded",
    ),
    **rotation_commands(ApiSettings, {"rotate-key": lambda settings: settings.signer_key_label}),
    "rotate-connector-ca": Command(
        rotate_connector_ca, ApiSettings, help="makes the next key of the connector CA and writes its certificate"
    ),
    "openapi": Command(openapi, help="writes the OpenAPI document of the ingestion API"),
    "vault": Command(vault_api, vault.ApiSettings, help="serves the vault", process="vault"),
    "vault-worker": Command(
        run_vault_worker, vault.WorkerSettings, help="relays the vault's outbox", process="vault-worker"
    ),
    "vault-migrate": Command(vault_migrate, vault.MigrateSettings, help="brings the vault's database up to date"),
    "vault-reapply-erasures": Command(
        vault_reapply_erasures,
        vault.WorkerSettings,
        help="erases again, after a restore, what the topic says was erased",
        process="vault-worker",
    ),
    **rotation_commands(
        vault.ApiSettings, {"vault-rotate-key": lambda settings: settings.signer_key_label}, process="vault"
    ),
    "vault-rewrap": Command(
        vault_rewrap,
        vault.ApiSettings,
        help="wraps data keys anew that are older than 30 days or under another key",
        process="vault",
    ),
    "vault-remac": Command(
        vault_remac,
        vault.ApiSettings,
        help="gives MACs to rows from before there were any; once, after the migration",
        process="vault",
    ),
    "vault-sweep": Command(vault_sweep, vault.ApiSettings, help="verifies every row of the vault", process="vault"),
    "vault-verify-erasure": Command(
        vault_verify_erasure, help="verifies a certificate of erasure, offline", arguments=_verify_arguments
    ),
    "vault-openapi": Command(vault_openapi, help="writes the OpenAPI document of the vault"),
}


def main() -> None:
    """Runs one command."""
    run_commands("altscore_ingestion", COMMANDS)
