"""SAP Business One as a source."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

from altscore_connector.accepted import Place
from altscore_connector.config import SapB1Config
from altscore_connector.errors import ConfigError
from altscore_connector.india import today_in_india
from altscore_connector.records import Check, ErpTotal, Period, Reading, Table
from altscore_connector.sap_b1.errors import SapB1Error, SapB1LoginError
from altscore_connector.sap_b1.mapping import place_of
from altscore_connector.sap_b1.reader import access_of, check_currency, read_sap_b1
from altscore_connector.sap_b1.service_layer import Access, ServiceLayer
from altscore_connector.state import State
from altscore_connector.stated import keys_of, preview_of


class SapB1Source:
    """Reads one company through the Service Layer.

    Args:
        config: of the company.
        state: what was acknowledged before.
        today: the day in India.
        connect: opens a session.
    """

    def __init__(
        self,
        config: SapB1Config,
        state: State,
        *,
        today: Callable[[], date] = today_in_india,
        connect: Callable[[Access], ServiceLayer] = ServiceLayer,
    ) -> None:
        self._config, self._state, self._today, self._connect = config, state, today, connect

    def check(self) -> Sequence[Check]:
        """The password file, the service and its certificate, the login, and the company's currency."""
        try:
            access = access_of(self._config)
        except ConfigError as error:
            return [Check(subject="sap_b1.password_file", is_ok=False, sentence=str(error))]
        checks = [Check(subject="sap_b1.password_file", is_ok=True, sentence="can be read by its owner alone")]
        subject = "sap_b1.url"
        try:
            with self._connect(access) as layer:
                checks.append(Check(subject=subject, is_ok=True, sentence="the Service Layer answers and lets us in"))
                subject = "sap_b1.company_db"
                check_currency(layer)
        except SapB1LoginError as error:
            sentence = f"{error}; too many wrong tries lock the user"
            return [*checks, Check(subject="sap_b1.user", is_ok=False, sentence=sentence)]
        except ConfigError as error:
            return [*checks, Check(subject="sap_b1.ca_file", is_ok=False, sentence=str(error))]
        except SapB1Error as error:
            return [*checks, Check(subject=subject, is_ok=False, sentence=str(error))]
        return [*checks, Check(subject=subject, is_ok=True, sentence="the company's totals are rupees")]

    def preview(self, limit: int) -> Sequence[Mapping[str, object]]:
        """As `Source`."""
        return preview_of(self.read(), self._state, limit)

    def read(self) -> Reading:
        """As `read_sap_b1`.

        Raises:
            ConfigError: the password file or the authority's certificate cannot be used.
            SapB1Error: as `read_sap_b1`.
        """
        started_at = datetime.now(UTC)
        reading = read_sap_b1(
            access_of(self._config),
            today=self._today(),
            history_from=self._config.history_from,
            known_months=self._state.known_months(),
            connect=self._connect,
        )
        reading.read_at = started_at
        return reading

    def totals(self, period: Period) -> Sequence[ErpTotal]:
        """Sums of the company's documents, without the months of a document that was set aside."""
        return [total for total in self.read().erp_totals if period.holds_month(total.month)]

    def keys(self, period: Period) -> frozenset[str]:
        """As `Source`."""
        return keys_of(self.read(), self._state, period)

    def place_of(self, table: Table, key: str) -> Place:
        """As `Source`."""
        return place_of(table, key, company_db=self._config.company_db)

    def finish(self, reading: Reading) -> None:
        """Nothing is left to do in the company."""
