"""`status`: the last sync, the queue, what the service put aside; or what became of one batch."""

import argparse
import json
from datetime import UTC, datetime, timedelta

import httpx

from altscore_connector import connector_api
from altscore_connector.commands.options import add_config, open_site, say
from altscore_connector.errors import DeliveryError
from altscore_connector.faults import sentence_of
from altscore_connector.installation_id import shown
from altscore_connector.ledger_totals import lines_of
from altscore_connector.other_installation import day_and_time, refusal
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
    _compared(report)
    for rule, count in sorted(report.outcome.get("findings", {}).items()):
        say(f"finding {rule}: {count}")
    if report.heartbeat_error:
        say(f"heartbeat: {report.heartbeat_error}")
    last = report.last_success_at
    if last is None or now - datetime.fromisoformat(last) > _SILENT_AFTER:
        say("nothing was sent for more than a day; look whether the service runs")
        return _worst(exit_status, INCOMPLETE)
    return _worst(exit_status, INCOMPLETE if report.queued_batches else DONE)


def _compared(report: Report) -> None:
    """The last sync's comparison of the ERP's totals with what was sent and acknowledged."""
    compared, differing = report.outcome.get("months_compared", 0), report.outcome.get("disagreements", [])
    if not compared:
        say("ERP and what was sent: not compared")
        return
    say(f"ERP and what was sent, by table and month: {compared - len(differing)} agree, {len(differing)} differ")
    for part in differing:
        say(f"differs: {json.dumps(part)}")


def _server(site: Site) -> int:
    """What the service says now."""
    if site.secrets.api_key_expires_at:
        say(f"API key until {site.secrets.api_key_expires_at:%d-%m-%Y}")
    try:
        installation = _installation(site)
        totals = connector_api.ledger_totals(site.client)
        for line in lines_of(totals):
            say(line)
        count = 0
        for count, record in enumerate(connector_api.quarantined_records(site.client), start=1):
            if count <= _MOST_LINES:
                where = f"{record.table} {record.record_key} of {record.batch_id}"
                say(f"quarantined {where}: {record.reason}")
    except DeliveryError as error:
        say(f"AltScore: {error}")
        return FAILED
    say(f"AltScore answers; {count} records are in quarantine")
    differs = any(month.agrees is False for month in totals)
    return _worst(installation, INCOMPLETE if count or differs else DONE)


def _installation(site: Site) -> int:
    """Whether AltScore takes batches of this installation, and whether another one tries to send."""
    own, sending = site.client.installation_id, connector_api.sending_installation(site.client)
    if sending is None:
        say(f"installation {shown(own)} (this one): none has sent yet")
        return DONE
    if sending.installation_id != own:
        error = refusal(sending, own)
        say(str(error))
        say(error.hindi)
        return FAILED
    english, _ = sending.when()
    say(f"installation {shown(own)} (this one) sends, {english}")
    refused_at = sending.refused_at
    if sending.refused_id is None or refused_at is None or datetime.now(UTC) - refused_at > _SILENT_AFTER:
        return DONE
    say(
        f"another installation ({shown(sending.refused_id)}) was refused on {day_and_time(sending.refused_at)}; "
        "stop the connector there"
    )
    say(f"दूसरा इंस्टॉलेशन ({shown(sending.refused_id)}) {day_and_time(sending.refused_at)} को रोका गया; वहाँ कनेक्टर बंद करें")
    return INCOMPLETE
