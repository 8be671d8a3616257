"""`sync`: read the ERP and send what is new, once or for ever."""

import argparse
from pathlib import Path

from altscore_connector.commands.options import add_config, open_site, say
from altscore_connector.errors import ConnectorError
from altscore_connector.maintenance import Maintenance
from altscore_connector.reports import Outcome
from altscore_connector.running import Output, open_state, run_for_ever, run_once
from altscore_connector.summary import DONE

HELP = "read the ERP and send what is new"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    add_config(parser)
    parser.add_argument("--once", action="store_true", help="one sync instead of one every interval_s")
    parser.add_argument("--summary", type=Path, help="write the result as JSON to this file")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    output = Output(say=say, summary_file=options.summary)
    with open_site(options) as site:
        state = open_state(site.config, site.secrets)
        maintenance = Maintenance(site, state)
        try:
            if not options.once:
                run_for_ever(site.config, site.client, state, output, after_sync=maintenance.after_sync)
                return DONE
            try:
                summary = run_once(site.config, site.client, state=state, output=output)
            except (ConnectorError, OSError) as error:
                maintenance.after_sync(Outcome.of_error(error))
                raise
            maintenance.after_sync(Outcome.of(summary))
            return summary.exit_status
        finally:
            state.close()
