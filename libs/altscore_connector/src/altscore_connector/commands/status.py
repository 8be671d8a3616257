"""`status`: the last sync, the queue, what the service put aside; or what became of one batch."""

import argparse
import json
from datetime import UTC, datetime, timedelta

import httpx

from altscore_connector import connector_api
from altscore_connector.commands.options import add_config, open_site, say
from altscore_connector.errors import DeliveryError
from altscore_connector.faults import sentence_of
from altscore_connector.reports import Report, read_report
from altscore_connector.site import Site
from altscore_connector.summary import DONE, FAILED, INCOMPLETE

HELP = "show the last sync, the queue, quarantined records and what AltScore says (0 well, 3 look, 1 failed)"
_SILENT_AFTER = timedelta(days=1)
_MEANING = {DONE: "everything is sent", FAILED: "failed", INCOMPLETE: "something was left out or disagrees"}
_MOST_LINES = 100


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    add_config(parser)
    parser.add_argument("batch_id", nargs="?", help="show what became of this batch")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    with open_site(options) as site:
        if options.batch_id:
            return _batch(site, options.batch_id)
        report = read_report(site.config.status_file)
        local = _local(report, datetime.now(UTC))
        return _worst(local, _server(site))


def _worst(*statuses: int) -> int:
    return next((status for status in (FAILED, INCOMPLETE) if status in statuses), DONE)


def _batch(site: Site, batch_id: str) -> int:
    try:
        reply = site.client.status(batch_id)
    except httpx.HTTPError as error:
        raise DeliveryError(sentence_of(error)) from None
    say(json.dumps({"status": reply.status, "body": reply.body}, indent=1))
    return DONE if reply.status == 200 else FAILED


def _local(report: Report, now: datetime) -> int:
    if not report.at:
        say("no sync has ended here yet; run `altscore-connector sync`")
        return INCOMPLETE
    exit_status = int(report.outcome.get("exit_status", FAILED))
    say(f"last sync: {report.at}, {_MEANING.get(exit_status, 'failed')} (exit status {exit_status})")
    if error := report.outcome.get("error"):
        say(f"  {error}")
    say(f"last sync that sent what it read: {report.last_success_at or 'none'}")
    say(f"queue: {report.queued_batches} batches")
    for rule, count in sorted(report.outcome.get("findings", {}).items()):
        say(f"finding {rule}: {count}")
    if report.heartbeat_error:
        say(f"heartbeat: {report.heartbeat_error}")
    last = report.last_success_at
    if last is None or now - datetime.fromisoformat(last) > _SILENT_AFTER:
        say("nothing was sent for more than a day; look whether the service runs")
        return _worst(exit_status, INCOMPLETE)
    return _worst(exit_status, INCOMPLETE if report.queued_batches else DONE)


def _server(site: Site) -> int:
    """What the service says now."""
    if site.secrets.api_key_expires_at:
        say(f"API key until {site.secrets.api_key_expires_at:%d-%m-%Y}")
    try:
        count = 0
        for count, record in enumerate(connector_api.quarantined_records(site.client), start=1):
            if count <= _MOST_LINES:
                where = f"{record.table} {record.record_key} of {record.batch_id}"
                say(f"quarantined {where}: {record.reason}")
    except DeliveryError as error:
        say(f"AltScore: {error}")
        return FAILED
    say(f"AltScore answers; {count} records are in quarantine")
    return INCOMPLETE if count else DONE
