"""`preview`: which fields leave the site, by the agreed table."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from altscore_connector.commands.options import add_config, open_site, say
from altscore_connector.errors import ScopeError, StateError
from altscore_connector.messages import line_of
from altscore_connector.records import Finding, Table
from altscore_connector.running import open_state
from altscore_connector.scope import SCOPE, SCOPE_VERSION, fields_outside, table_of
from altscore_connector.site import Site
from altscore_connector.source import open_source
from altscore_connector.state import State
from altscore_connector.summary import DONE, INCOMPLETE

HELP = "show exactly which fields would leave the site, without sending anything"
_MOST_RECORDS = 1_000_000


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    add_config(parser)
    parser.add_argument(
        "--records", type=int, default=0, metavar="N", help="show N records too, with their values, on this screen"
    )


def run(options: argparse.Namespace) -> int:
    """Runs the command; 3 when a field stands outside the agreed table."""
    with open_site(options) as site:
        state = _state(site)
        try:
            records = open_source(site.config, state).preview(_MOST_RECORDS)
        finally:
            state.close()
    say(f"agreed fields: version {SCOPE_VERSION}; {len(records)} records would be sent")
    counts, findings = _counted(records)
    for table, fields in SCOPE.items():
        for name, reason in fields.items():
            if counts[table, name]:
                say(f"  {table}.{name}: {counts[table, name]} times ({reason})")
    for finding in findings:
        say(line_of(finding))
    for record in records[: options.records]:
        say(json.dumps(record, ensure_ascii=False, default=_plain))
    return INCOMPLETE if findings else DONE


def _state(site: Site) -> State:
    """What was sent before; while a connector runs, everything is shown as if nothing had been."""
    try:
        return open_state(site.config, site.secrets)
    except StateError:
        say("a connector is running, so everything that it reads is counted, sent before or not")
        return State(":memory:")


def _counted(records: Sequence[Mapping[str, object]]) -> tuple[Counter[tuple[Table, str]], list[Finding]]:
    """How often every field is there, and a finding for every field outside the table."""
    counts: Counter[tuple[Table, str]] = Counter()
    outside: set[str] = set()
    for record in records:
        try:
            table = table_of(record)
        except ScopeError:
            outside.add("a record without identity")
            continue
        counts.update((table, name) for name in record)
        outside |= {f"{table}.{name}" for name in fields_outside(table, record)}
    return counts, [Finding(kind="refused", rule="field_outside_scope", field=name) for name in sorted(outside)]


def _plain(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
