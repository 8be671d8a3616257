"""A folder on an SFTP server as a source: its files are fetched, then read as a drop folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from altscore_connector.accepted import Place
from altscore_connector.config import CsvConfig, SftpConfig
from altscore_connector.csvdrop.documents import place_of
from altscore_connector.csvdrop.reader import Portion, read_drop
from altscore_connector.csvdrop.source import PORTION_SIZE, file_checks
from altscore_connector.errors import ConnectorError, SftpError
from altscore_connector.records import Check, ErpTotal, Period, Reading, Table
from altscore_connector.sftp.mirror import Mirror
from altscore_connector.sftp.session import Connect, connected
from altscore_connector.state import State
from altscore_connector.stated import keys_of, preview_of, totals_of

# In the order in which they are needed: behind the first that fails nothing was looked at.
_SUBJECTS = ("csv.folder", "sftp.host", "sftp.host_key", "sftp.user", "sftp.folder")
_CREDENTIALS = ("sftp.key_file", "sftp.password_file")


class SftpSource:
    """Reads one folder of an SFTP server.

    Args:
        config: of the server.
        csv: how the files are read; its folder holds the local copies.
        distributor_id: whose files they are.
        state: what was acknowledged before.
        connect: opens a session with the server.
    """

    def __init__(
        self, config: SftpConfig, csv: CsvConfig, distributor_id: str, *, state: State, connect: Connect = connected
    ) -> None:
        self._mirror = Mirror(config, csv.folder, settle_s=csv.settle_s, connect=connect)
        # A copy appears in one step, and the server's folder has no archive of ours.
        self._csv = replace(csv, settle_s=0, archive=None)
        self._distributor_id, self._state = distributor_id, state
        self._done: frozenset[str] = frozenset()

    def check(self) -> Sequence[Check]:
        """Credentials, connection, host key, user, folder, and every file that would be refused or held."""
        try:
            findings = self._read(None).findings
        except SftpError as error:
            return [*_passed(error.subject), Check(subject=error.subject, is_ok=False, sentence=error.sentence)]
        except ConnectorError as error:
            return [Check(subject="csv.folder", is_ok=False, sentence=str(error))]
        return [*_passed(""), *file_checks(findings)]

    def preview(self, limit: int) -> Sequence[Mapping[str, object]]:
        """As `Source`."""
        return preview_of(self._read(None), self._state, limit)

    def read(self) -> Reading:
        """Fetches what is new, then reads a portion of it as `read_drop`; the next one once that is finished.

        Raises:
            SftpError: as `Mirror.update`.
            DropError: as `read_drop`.
        """
        return self._read(Portion(PORTION_SIZE, done=self._done))

    def _read(self, portion: Portion | None) -> Reading:
        findings = self._mirror.update()
        reading = read_drop(self._csv, self._distributor_id, self._state, portion=portion)
        reading.findings[:0] = findings
        reading.note("files_held_back", len(findings))
        return reading

    def totals(self, period: Period) -> Sequence[ErpTotal]:
        """Sums over what the files state: a folder tells no totals of its own."""
        return totals_of(self._read(None), self._state, period)

    def keys(self, period: Period) -> frozenset[str]:
        """As `Source`."""
        return keys_of(self._read(None), self._state, period)

    def place_of(self, table: Table, key: str) -> Place:
        """As `Source`."""
        return place_of(table, key)

    def finish(self, reading: Reading) -> None:
        """A file is not read twice; it stays on the server, and its local copy as long as it is there."""
        self._done |= frozenset(reading.looked_at)


def _passed(failed: str) -> list[Check]:
    """What was in order before the subject that failed; everything when none did."""
    if failed in _CREDENTIALS:
        return []
    passed = _SUBJECTS[: _SUBJECTS.index(failed)] if failed in _SUBJECTS else _SUBJECTS
    return [Check(subject=subject, is_ok=True, sentence="is in order") for subject in passed]
