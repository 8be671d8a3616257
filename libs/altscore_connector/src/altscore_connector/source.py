"""What every source of records offers, and which class reads which ERP."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from altscore_connector.accepted import Place
from altscore_connector.config import ConnectorConfig
from altscore_connector.csvdrop.source import CsvSource
from altscore_connector.records import Check, ErpTotal, Period, Reading, Table
from altscore_connector.sap_b1.source import SapB1Source
from altscore_connector.state import State
from altscore_connector.tally.source import TallySource

__all__ = ["Check", "Period", "Source", "open_source"]


class Source(Protocol):
    """An ERP, or a folder of its exports.

    Nothing but `finish` changes anything: a reading can be asked for again and again.
    """

    def check(self) -> Sequence[Check]:
        """What a reading needs, one by one, each with a sentence; never raises for what it checks."""
        ...

    def preview(self, limit: int) -> Sequence[Mapping[str, object]]:
        """At most `limit` of the records that would leave the site now, exactly as a batch carries them.

        Raises:
            ConnectorError: as `read`.
        """
        ...

    def read(self) -> Reading:
        """One look at the ERP; where `has_more` is set, the next look goes on once this one is finished.

        Raises:
            ConnectorError: not reachable, refused, or nothing of the answer holds; nothing is sent then.
        """
        ...

    def totals(self, period: Period) -> Sequence[ErpTotal]:
        """Number and sum of the live documents by month, as the source itself has them now.

        Months that the period touches; a month of which the source cannot tell a total is left out.

        Raises:
            ConnectorError: as `read`.
        """
        ...

    def keys(self, period: Period) -> frozenset[str]:
        """Table and identity (`invoices:…`) of the live documents of a period, as the source has them now.

        Raises:
            ConnectorError: as `read`.
        """
        ...

    def place_of(self, table: Table, key: str) -> Place:
        """Where a record that AltScore holds belongs in the memory, by its identity on the wire (`Accepted.key`)."""
        ...

    def finish(self, reading: Reading) -> None:
        """Called once everything of a reading is acknowledged; adds findings to it for what could not be tidied up."""
        ...


def open_source(config: ConnectorConfig, state: State) -> Source:
    """The source of a configuration; nothing is asked of it yet.

    Args:
        config: names exactly one source.
        state: what was acknowledged before.
    """
    if config.tally:
        return TallySource(config.tally, state)
    if config.sap_b1:
        return SapB1Source(config.sap_b1, state)
    assert config.csv is not None  # noqa: S101 - the configuration holds exactly one of the three
    if config.sftp:
        # Only such a site needs the library, which takes a quarter of a second to import.
        from altscore_connector.sftp.source import SftpSource  # noqa: PLC0415

        return SftpSource(config.sftp, config.csv, config.distributor_id, state=state)
    return CsvSource(config.csv, config.distributor_id, state)
