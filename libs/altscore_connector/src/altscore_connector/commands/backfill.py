"""`backfill`: the history from a date on, oldest first, in windows; it goes on where it was stopped."""

import argparse
from collections.abc import Iterator
from datetime import date, timedelta

from altscore_connector.catching_up import Service, catch_up, findings_of, finish
from altscore_connector.commands.options import add_config, open_site, say
from altscore_connector.config import ConnectorConfig
from altscore_connector.errors import ConfigError, ConnectorError
from altscore_connector.maintenance import Maintenance
from altscore_connector.messages import line_of
from altscore_connector.records import Items, Reading
from altscore_connector.reports import Outcome
from altscore_connector.running import last_line, open_state
from altscore_connector.source import open_source
from altscore_connector.spool import ItemSpool
from altscore_connector.state import State
from altscore_connector.summary import INCOMPLETE, Summary
from altscore_connector.sync import deliver, send_queued
from altscore_connector.tally.memory import Memory

HELP = "read the history from a date on and send it oldest first, in windows; run it again to go on"
_MARK = "backfill.from"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    add_config(parser)
    parser.add_argument("--from", dest="from_on", help="first day, like 2025-04-01; without it the last one goes on")
    parser.add_argument("--days", type=int, default=31, help="length of a window (default: 31)")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    if not 1 <= options.days <= 366:
        raise ConfigError("--days is a number from 1 to 366")
    with open_site(options) as site:
        state = open_state(site.config, site.secrets)
        maintenance = Maintenance(site, state)
        try:
            from_on = _from_on(options.from_on, state)
            _check_history(site.config, from_on)
            state.remember({_MARK: from_on.isoformat()})
            summaries = list(send_windows(site.config, site.client, state, from_on=from_on, days=options.days))
            state.remember({_MARK: ""})
            maintenance.after_sync(Outcome.of(summaries[-1]))
            return INCOMPLETE if any(summary.exit_status for summary in summaries) else summaries[-1].exit_status
        except (ConnectorError, OSError) as error:
            if not isinstance(error, ConfigError):
                maintenance.after_sync(Outcome.of_error(error))
                say("stopped; nothing is lost, and `backfill` goes on where it stopped")
            raise
        finally:
            state.close()


def _from_on(text: str | None, state: State) -> date:
    text = text or state.mark(_MARK)
    if not text:
        raise ConfigError("--from is missing: the first day of the history, like 2025-04-01")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError("--from is a day like 2025-04-01") from None


def _check_history(config: ConnectorConfig, from_on: date) -> None:
    """What lies before history_from is not read, neither now nor when it changes later."""
    source = config.tally or config.sap_b1
    if source is not None and source.history_from is not None and source.history_from > from_on:
        raise ConfigError(
            f"history_from is {source.history_from.isoformat()}; set it to {from_on.isoformat()} or earlier first, so "
            "that later changes of that time are read too"
        )


def send_windows(
    config: ConnectorConfig, client: Service, state: State, *, from_on: date, days: int
) -> Iterator[Summary]:
    """Sends window after window, and in the end what is left, with what the reading says of whole periods."""
    summary = Summary(config.distributor_id, config.erp_type)
    source = open_source(config, state)
    sender = catch_up(client, state, source.place_of, distributor_id=config.distributor_id)
    summary.findings += findings_of(state)
    send_queued(sender, state, summary=summary, progress=say)
    Memory.read_again(state)
    has_more = True
    while has_more:
        reading = source.read()
        for first_on, items in windows(reading.items, from_on=from_on, days=days):
            part = Summary(config.distributor_id, config.erp_type)
            say(f"window from {first_on:%d-%m-%Y}: {len(items)} records")
            window = Reading(items=items, has_more=True, is_current=reading.is_current)
            deliver(window, sender, state, summary=part, progress=say)
            yield part
        is_whole = deliver(reading, sender, state, summary=summary, progress=say)
        if is_whole:
            before = len(reading.findings)
            source.finish(reading)
            summary.findings += reading.findings[before:]
        has_more = is_whole and reading.has_more
    if is_whole:
        finish(sender, state)
    for finding in summary.findings:
        say(line_of(finding))
    say(last_line(summary))
    yield summary


def windows(items: Items, *, from_on: date, days: int) -> Iterator[tuple[date, Items]]:
    """First day and records of every window that holds any, oldest first; master data goes with the first.

    A document is never cut: it belongs to the window of its earliest record, since a statement holds it whole.
    """
    spool = items if isinstance(items, ItemSpool) else ItemSpool(items)
    numbers = {(on - from_on).days // days for on in spool.document_days() if on >= from_on}
    for number in sorted(numbers):
        first_on = from_on + timedelta(days=number * days)
        part = ItemSpool(spool.retailers if number == min(numbers) else ())
        part.extend(spool.between(first_on, first_on + timedelta(days=days - 1)))
        yield first_on, part
