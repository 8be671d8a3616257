"""The configuration file (TOML); paths are relative to it, an unknown or missing setting is an error."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from altscore_connector.errors import ConfigError

DATE_FORMATS = ("dd-mm-yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd")


@dataclass(frozen=True)
class IngestionConfig:
    """Where batches go."""

    url: str
    ca_file: Path
    certificate_file: Path
    key_file: Path
    max_wait_s: float = 900.0


@dataclass(frozen=True)
class TallyConfig:
    """A Tally on this machine or next to it."""

    url: str
    companies: tuple[str, ...]
    history_from: date | None = None
    default_credit_days: int = 21
    timeout_s: float = 600.0
    district_prefix: str | None = None


@dataclass(frozen=True)
class CsvConfig:
    """A drop folder."""

    folder: Path
    date_format: str = "dd-mm-yyyy"
    archive: Path | None = None
    default_credit_days: int | None = None
    settle_s: float = 2.0


@dataclass(frozen=True)
class ConnectorConfig:
    """Everything a sync needs, except secrets; exactly one of `tally` and `csv` is set."""

    distributor_id: str
    state_file: Path
    ingestion: IngestionConfig
    keystore_file: Path
    passphrase_file: Path | None
    interval_s: float
    tally: TallyConfig | None
    csv: CsvConfig | None

    @property
    def erp_type(self) -> str:
        """Value of X-ERP-Type."""
        return "tally_prime" if self.tally else "csv"


class _Section:
    """One table of the file; every key must be asked for, so that a misspelt one is noticed."""

    def __init__(self, name: str, values: Any, base: Path) -> None:
        if not isinstance(values, dict):
            raise ConfigError(f"[{name}] is missing")
        self._name, self._values, self._base = name, dict(values), base

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        if key not in self._values and default is not ...:
            return default
        value = self._values.pop(key, None)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ConfigError(f"{self._name}.{key} is missing or has a wrong type")
        return value

    def path(self, key: str, default: Any = ...) -> Any:
        value = self.take(key, str, default)
        return self._base / value if isinstance(value, str) else value

    def done(self) -> None:
        if self._values:
            raise ConfigError(f"{self._name} does not know: {', '.join(sorted(self._values))}")


def load_config(path: Path) -> ConnectorConfig:
    """Reads and checks the file.

    Raises:
        ConfigError: unreadable, incomplete, unknown settings, plain HTTP to the ingestion service.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: {type(error).__name__}") from error
    base = path.resolve().parent
    keystore = _Section("keystore", values.pop("keystore", None), base)
    tally, drop = values.pop("tally", None), values.pop("csv", None)
    if (tally is None) == (drop is None):
        raise ConfigError("exactly one of [tally] and [csv] is needed")
    ingestion = _ingestion(_Section("ingestion", values.pop("ingestion", None), base))
    top = _Section("the file", values, base)
    config = ConnectorConfig(
        distributor_id=top.take("distributor_id", str),
        state_file=top.path("state_file"),
        ingestion=ingestion,
        keystore_file=keystore.path("file"),
        passphrase_file=keystore.path("passphrase_file", None),
        interval_s=float(top.take("interval_s", (int, float), 900)),
        tally=None if tally is None else _tally(_Section("tally", tally, base)),
        csv=None if drop is None else _csv(_Section("csv", drop, base)),
    )
    keystore.done()
    top.done()
    return config


def _ingestion(section: _Section) -> IngestionConfig:
    config = IngestionConfig(
        url=section.take("url", str).rstrip("/"),
        ca_file=section.path("ca_file"),
        certificate_file=section.path("certificate_file"),
        key_file=section.path("key_file"),
        max_wait_s=float(section.take("max_wait_s", (int, float), 900)),
    )
    section.done()
    if urlsplit(config.url).scheme != "https":
        raise ConfigError("ingestion.url must be https")
    return config


def _tally(section: _Section) -> TallyConfig:
    companies = section.take("companies", list)
    if not companies or not all(isinstance(name, str) and name for name in companies):
        raise ConfigError("tally.companies names at least one company")
    config = TallyConfig(
        url=section.take("url", str),
        companies=tuple(companies),
        history_from=section.take("history_from", date, None),
        default_credit_days=section.take("default_credit_days", int, 21),
        timeout_s=float(section.take("timeout_s", (int, float), 600)),
        district_prefix=section.take("district_prefix", str, None),
    )
    section.done()
    return config


def _csv(section: _Section) -> CsvConfig:
    config = CsvConfig(
        folder=section.path("folder"),
        date_format=section.take("date_format", str, "dd-mm-yyyy"),
        archive=section.path("archive", None),
        default_credit_days=section.take("default_credit_days", int, None),
        settle_s=float(section.take("settle_s", (int, float), 2)),
    )
    section.done()
    if config.date_format not in DATE_FORMATS:
        raise ConfigError(f"csv.date_format is one of {', '.join(DATE_FORMATS)}")
    return config
