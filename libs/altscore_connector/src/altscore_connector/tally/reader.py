"""One look at the configured companies of a Tally."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from altscore_connector.config import TallyConfig
from altscore_connector.errors import TallyError, TallyUnreachableError
from altscore_connector.india import today_in_india
from altscore_connector.records import ErpTotal, Finding, Reading, Table
from altscore_connector.spool import ItemSpool
from altscore_connector.state import State
from altscore_connector.tally.company import CompanyReader
from altscore_connector.tally.masters import read_companies
from altscore_connector.tally.totals import add_totals, empty_months
from altscore_connector.tally.wire import TallyPort


def open_port(config: TallyConfig) -> TallyPort:
    """The Tally of a configuration."""
    return TallyPort(config.url, timeout_s=config.timeout_s)


def read_tally(
    config: TallyConfig,
    state: State,
    today: Callable[[], date] = today_in_india,
    *,
    connect: Callable[[TallyConfig], TallyPort] = open_port,
) -> Reading:
    """Reads every configured company: all debtors, and the vouchers altered since the last finished sync.

    A company that is not open, or whose answers do not hold, is named by its position in the configuration and
    does not stop the others.

    Raises:
        TallyError: Tally is not reachable, or no company could be read; nothing of this reading is sent then.
    """
    reading, errors, started_at = Reading(is_current=True), [], datetime.now(UTC)
    unknown: set[tuple[Table, str]] = set()
    port = connect(config)
    try:
        loaded = {company.name: company for company in read_companies(port) if company.guid}
        for number, name in enumerate(config.companies, start=1):
            place = f"tally.companies[{number}]"
            if name not in loaded:
                # A collection of a company that is not open has zero rows and no error.
                errors.append(f"{place} is not loaded in Tally")
                reading.findings.append(Finding(kind="refused", rule="company_not_loaded", file=place))
                continue
            reader = CompanyReader(port, loaded[name], config=config, state=state, place=place, today=today())
            try:
                part = reader.read()
            except TallyUnreachableError:
                raise
            except TallyError as error:
                errors.append(f"{place}: {error}")
                reading.findings.append(Finding(kind="refused", rule="company_unreadable", file=place))
                continue
            _merge(reading, part)
            unknown |= reader.months_without_total
    finally:
        port.close()
    if len(errors) == len(config.companies):
        raise TallyError("; ".join(errors))
    reading.is_partial = bool(errors) or _lacks_vouchers(reading)
    reading.read_at = None if reading.is_partial else started_at
    reading.erp_totals = [] if errors else _whole_totals(reading, unknown, config=config, state=state)
    return reading


def _lacks_vouchers(reading: Reading) -> bool:
    """Whether a company lies empty that had vouchers: what it shows is not the ledger."""
    return any(finding.rule == "no_vouchers_left" for finding in reading.findings)


def _whole_totals(
    reading: Reading, unknown: set[tuple[Table, str]], *, config: TallyConfig, state: State
) -> list[ErpTotal]:
    """The totals of all companies; a total speaks of the distributor's whole ledger or is not given."""
    first = f"{config.history_from:%Y-%m}" if config.history_from else ""
    totals = [total for total in reading.erp_totals if (total.table, total.month) not in unknown]
    if _lacks_vouchers(reading):
        return []
    known = {(table, month) for table, month in state.known_months() if (table, month) not in unknown}
    return sorted([*totals, *empty_months(totals, known, first=first)], key=lambda total: (total.table, total.month))


def _merge(reading: Reading, part: Reading) -> None:
    if isinstance(reading.items, ItemSpool):
        reading.items.extend(part.items)
        reading.present.update(part.present)
    else:
        reading.items, reading.present = part.items, part.present
    reading.complete += part.complete
    reading.findings += part.findings
    reading.marks |= part.marks
    for name, count in part.notes.items():
        reading.note(name, count)
    reading.erp_totals = add_totals(reading.erp_totals, part.erp_totals)
