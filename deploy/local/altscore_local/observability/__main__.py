"""`python -m altscore_local.observability files | programs | check | observe | pages | doctor`."""

import argparse
import sys

from altscore_local.layout import Layout, open_layout
from altscore_local.observability import doctor, files, receivers, rule_check, server
from altscore_local.observability.pages import write_pages
from altscore_local.observability.programs import ensure_program
from altscore_local.process import StackError


def main() -> int:
    """Runs one command; 0 when it did what it says and nothing is wrong."""
    parser = argparse.ArgumentParser(prog="altscore_local.observability", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("files", help="makes rules/slo.yml and the dashboards anew")
    commands.add_parser("programs", help="puts Alertmanager into the cache, of which its image is built")
    commands.add_parser("check", help="checks and tests rules and receivers, where promtool and amtool can be had")
    commands.add_parser("observe", help="starts Prometheus and Alertmanager, and Grafana where it is installed")
    commands.add_parser("pages", help="draws the dashboards from the running Prometheus into docs/operations")
    commands.add_parser("doctor", help="says what is wrong with the running stack; 1 when something is")
    options = parser.parse_args()
    layout = open_layout()
    if options.command == "files":
        for path in files.write_files():
            print(f"  {path.relative_to(layout.root)}")
        return 0
    if options.command == "programs":
        return 0 if ensure_program(server.ALERTMANAGER) else 1
    if options.command == "check":
        return max(check_rules(), check_receivers())
    if options.command == "doctor":
        return examine(layout)
    try:
        if options.command == "observe":
            server.start(layout, print)
        else:
            for path in write_pages(layout):
                print(f"  {path.relative_to(layout.root)}")
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def check_rules() -> int:
    """Checks the rules; a machine without promtool skips it by name."""
    promtool = ensure_program("promtool")
    if promtool is None:
        print(
            "SKIPPED: alert rules are not checked: no promtool on the path, and apt cannot fetch Debian's `prometheus`"
        )
        return 0
    try:
        loaded = rule_check.check_rules(promtool)
        tested = rule_check.run_rule_tests(promtool)
    except rule_check.RulesFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"alert rules: {loaded} files loaded, {tested} files of tests passed")
    return 0


def check_receivers() -> int:
    """Checks the receivers; a machine without amtool skips it by name."""
    amtool = ensure_program("amtool")
    if amtool is None:
        print("SKIPPED: receivers of alerts are not checked: no amtool in the cache, and no Go that can build it")
        return 0
    try:
        routed = receivers.check_receivers(amtool)
    except receivers.ReceiversFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"receivers: {routed} alerts go where their severity says")
    return 0


def examine(layout: Layout) -> int:
    """Runs the doctor."""
    from altscore_local.orchestrator import Stack  # noqa: PLC0415  # needs the packages of the environment

    return doctor.examine(layout, Stack(layout, print).status(), print)


if __name__ == "__main__":
    sys.exit(main())
