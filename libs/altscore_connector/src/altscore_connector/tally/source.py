"""Tally Prime as a source."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from altscore_connector.accepted import Place
from altscore_connector.config import TallyConfig
from altscore_connector.errors import TallyError
from altscore_connector.india import today_in_india
from altscore_connector.records import Check, ErpTotal, Period, Reading, Table
from altscore_connector.state import State
from altscore_connector.stated import keys_of, preview_of
from altscore_connector.tally.masters import read_companies
from altscore_connector.tally.memory import place_of
from altscore_connector.tally.reader import open_port, read_tally


class TallySource:
    """Reads the configured companies of one Tally.

    Args:
        config: of the Tally.
        state: what was acknowledged before.
        today: the day in India.
    """

    def __init__(self, config: TallyConfig, state: State, *, today: Callable[[], date] = today_in_india) -> None:
        self._config, self._state, self._today = config, state, today

    def check(self) -> Sequence[Check]:
        """Whether Tally answers, and whether every configured company is open in it."""
        port = open_port(self._config)
        try:
            loaded = {company.name for company in read_companies(port) if company.guid}
        except TallyError as error:
            sentence = f"{error}; start Tally, let it act as server, and check tally.url and the firewall"
            return [Check(subject="tally.url", is_ok=False, sentence=sentence)]
        finally:
            port.close()
        checks = [Check(subject="tally.url", is_ok=True, sentence=f"Tally answers; {len(loaded)} companies are open")]
        for number, name in enumerate(self._config.companies, start=1):
            is_ok = name in loaded
            sentence = "is open in Tally" if is_ok else "is not open in Tally; open it there or correct its name"
            checks.append(Check(subject=f"tally.companies[{number}]", is_ok=is_ok, sentence=sentence))
        return checks

    def preview(self, limit: int) -> Sequence[Mapping[str, object]]:
        """As `Source`."""
        return preview_of(self.read(), self._state, limit)

    def read(self) -> Reading:
        """As `read_tally`."""
        return read_tally(self._config, self._state, today=self._today)

    def totals(self, period: Period) -> Sequence[ErpTotal]:
        """From Tally's own census, where it tells every amount of a month."""
        return [total for total in self.read().erp_totals if period.holds_month(total.month)]

    def keys(self, period: Period) -> frozenset[str]:
        """As `Source`."""
        return keys_of(self.read(), self._state, period)

    def place_of(self, table: Table, key: str) -> Place:
        """As `Source`."""
        return place_of(table, key)

    def finish(self, reading: Reading) -> None:
        """Nothing is left to do in Tally."""
