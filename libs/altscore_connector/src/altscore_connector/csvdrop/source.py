"""A folder of CSV files as a source."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from altscore_connector.accepted import Place
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.documents import place_of
from altscore_connector.csvdrop.reader import Portion, archive, read_drop
from altscore_connector.errors import ConnectorError
from altscore_connector.messages import text_of
from altscore_connector.records import Check, ErpTotal, Finding, Period, Reading, Table
from altscore_connector.state import State
from altscore_connector.stated import keys_of, preview_of, totals_of

# Bytes of files in one reading: some 15,000 rows, and memory for no more than these.
PORTION_SIZE = 1 << 20


class CsvSource:
    """Reads one drop folder.

    Args:
        config: of the folder.
        distributor_id: whose folder it is.
        state: what was acknowledged before.
    """

    def __init__(self, config: CsvConfig, distributor_id: str, state: State) -> None:
        self._config, self._distributor_id, self._state = config, distributor_id, state
        self._done: frozenset[str] = frozenset()

    def check(self) -> Sequence[Check]:
        """The folder, the archive, and every file that would be refused, held or read in part."""
        checks = [_check_folder(self._config.folder)]
        if self._config.archive is not None:
            checks.append(_check_archive(self._config.archive))
        if not checks[0].is_ok:
            return checks
        try:
            findings = self._whole().findings
        except ConnectorError as error:
            return [*checks, Check(subject="csv.folder", is_ok=False, sentence=str(error))]
        return [*checks, *file_checks(findings)]

    def preview(self, limit: int) -> Sequence[Mapping[str, object]]:
        """As `Source`."""
        return preview_of(self._whole(), self._state, limit)

    def read(self) -> Reading:
        """As `read_drop`, a portion of the folder; the next one once that is finished."""
        portion = Portion(PORTION_SIZE, done=self._done)
        return read_drop(self._config, self._distributor_id, self._state, portion=portion)

    def _whole(self) -> Reading:
        return read_drop(self._config, self._distributor_id, self._state)

    def totals(self, period: Period) -> Sequence[ErpTotal]:
        """Sums over what the files state: a folder tells no totals of its own."""
        return totals_of(self._whole(), self._state, period)

    def keys(self, period: Period) -> frozenset[str]:
        """As `Source`."""
        return keys_of(self._whole(), self._state, period)

    def place_of(self, table: Table, key: str) -> Place:
        """As `Source`."""
        return place_of(table, key)

    def finish(self, reading: Reading) -> None:
        """Moves finished files to the archive where there is one; a file that is not finished is not read twice."""
        self._done |= frozenset(reading.looked_at)
        reading.findings += archive(self._config, reading)


def file_checks(findings: Sequence[Finding]) -> list[Check]:
    """The first finding of every file of which not everything would be sent."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.kind != "note":
            first.setdefault(finding.file, finding)
    return [Check(subject=name, is_ok=False, sentence=text_of(finding)[0]) for name, finding in first.items()]


def _check_folder(folder: Path) -> Check:
    try:
        count = sum(1 for path in folder.iterdir() if path.suffix.lower() == ".csv")
    except OSError as error:
        sentence = f"the folder cannot be listed ({error.strerror}); make it, or correct csv.folder"
        return Check(subject="csv.folder", is_ok=False, sentence=sentence)
    return Check(subject="csv.folder", is_ok=True, sentence=f"the folder holds {count} CSV files")


def _check_archive(path: Path) -> Check:
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    is_ok = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    sentence = (
        "finished files can be moved there" if is_ok else "finished files cannot be moved there; check the rights"
    )
    return Check(subject="csv.archive", is_ok=is_ok, sentence=sentence)
