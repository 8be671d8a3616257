"""The result of the last sync in a small file, for `status`; it holds counts, monthly sums, rule names and times."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from altscore_connector.errors import ConnectorError, DeliveryError
from altscore_connector.files import write_durably
from altscore_connector.summary import FAILED, Summary


def connector_version() -> str:
    """Version of the installed package."""
    try:
        return version("altscore-connector")
    except PackageNotFoundError:
        return "0.0.0"


@dataclass(frozen=True)
class Outcome:
    """What became of one sync.

    Attributes:
        months_compared: tables and months of which the ERP's totals were compared with what AltScore acknowledged.
        disagreements: those that differ, as in the summary.
    """

    exit_status: int
    findings: dict[str, int] = field(default_factory=dict)
    agrees_with_erp: bool | None = None
    months_compared: int = 0
    disagreements: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    http_status: int | None = None
    is_source_ok: bool = True

    @classmethod
    def of(cls, summary: Summary) -> "Outcome":
        """Of a sync that came to its end."""
        return cls(
            exit_status=summary.exit_status,
            findings=dict(Counter(finding.rule for finding in summary.findings)),
            agrees_with_erp=summary.agrees_with_erp,
            months_compared=len(summary.comparisons),
            disagreements=[part.as_json() for part in summary.comparisons if not part.agrees],
        )

    @classmethod
    def of_error(cls, error: ConnectorError | OSError) -> "Outcome":
        """Of a sync that failed; the text of a system error may hold a path and is left out."""
        text = (error.strerror or "") if isinstance(error, OSError) else str(error)
        is_delivery = isinstance(error, DeliveryError)
        status = error.status if isinstance(error, DeliveryError) else None
        return cls(exit_status=FAILED, error=text, http_status=status, is_source_ok=is_delivery)


@dataclass
class Report:
    """What `status` shows.

    Attributes:
        at: end of the last sync.
        last_success_at: end of the last sync that sent everything it read.
        server: the answer to the last heartbeat.
        heartbeat_error: why there was none.
    """

    at: str = ""
    last_success_at: str | None = None
    queued_batches: int = 0
    outcome: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    heartbeat_error: str = ""
    version: str = ""

    def note(self, outcome: Outcome, queued_batches: int) -> None:
        """Takes the outcome of a sync in."""
        self.at = datetime.now(UTC).isoformat(timespec="seconds")
        self.queued_batches, self.outcome, self.version = queued_batches, asdict(outcome), connector_version()
        if outcome.exit_status != FAILED:
            self.last_success_at = self.at


def read_report(path: Path) -> Report:
    """The last report; an empty one where there is none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Report(**document)
    except (OSError, ValueError, TypeError):
        return Report()


def write_report(path: Path, report: Report) -> None:
    """Replaces the report.

    Raises:
        OSError: no rights, no room.
    """
    write_durably(path, json.dumps(asdict(report), indent=1).encode())
