"""The configuration file (TOML); paths are relative to it, an unknown or missing setting is an error."""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from altscore_connector.errors import ConfigError

DATE_FORMATS = (
    *("dd-mm-yyyy", "dd/mm/yyyy", "dd.mm.yyyy", "mm/dd/yyyy", "yyyy-mm-dd"),
    *("dd-mmm-yyyy", "dd-mmm-yy"),
)
_HOST_KEY = re.compile(r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]{40,}={0,2}( .*)?")
CsvRows = Literal["documents", "items"]
CsvPayments = Literal["paid_column", "receipts", "none"]
CSV_COLUMNS = (
    *("invoice_no", "invoice_date", "due_date", "party", "gstin", "phone", "amount", "paid", "paid_date", "status"),
    *("receipt_no", "receipt_date", "mode", "bounced_on"),
)


@dataclass(frozen=True)
class IngestionConfig:
    """Where batches go."""

    url: str
    ca_file: Path
    certificate_file: Path
    key_file: Path
    max_wait_s: float = 900.0
    proxy: str | None = None


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
class SapB1Config:
    """A company of SAP Business One behind its Service Layer.

    Attributes:
        password_file: the password of `user`, readable by the owner alone.
        version: v1 or v2 of the Service Layer.
        ca_file: the authority of its certificate; None for those that the system trusts.
    """

    url: str
    company_db: str
    user: str
    password_file: Path
    version: str = "v1"
    ca_file: Path | None = None
    history_from: date | None = None
    timeout_s: float = 120.0


@dataclass(frozen=True)
class CsvConfig:
    """A drop folder.

    Attributes:
        folder: where the files arrive.
        date_format: the form of all dates, one of `DATE_FORMATS`; never guessed.
        archive: where finished files are moved; None leaves them.
        default_credit_days: terms of an invoice without a due date; None leaves it without one.
        settle_s: how long a file without a digest beside it must stand still, seconds.
        rows: whether a row is a whole invoice or one of its items, which are summed.
        payments: where payments come from: the Paid column of invoice files, receipt files, or nowhere.
        decimal_mark: point or comma; the other one groups the rupees.
        columns: field to the headers that name it, instead of the usual ones.
        ignored_columns: headers that are not read although they are known.
    """

    folder: Path
    date_format: str = "dd-mm-yyyy"
    archive: Path | None = None
    default_credit_days: int | None = None
    settle_s: float = 2.0
    rows: CsvRows = "documents"
    payments: CsvPayments = "paid_column"
    decimal_mark: str = "."
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ignored_columns: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the settings that decide what a file means; a file is read again when one of them changes."""
        settings = (
            *(self.date_format, self.default_credit_days, self.rows, self.payments, self.decimal_mark),
            *(self.columns, self.ignored_columns),
        )
        return hashlib.sha256(repr(settings).encode()).hexdigest()


@dataclass(frozen=True)
class SftpConfig:
    """The SFTP server from which files are fetched into the folder of `CsvConfig`.

    Attributes:
        host_key: the server's public key, `ssh-ed25519 AAAA…`; any other one is refused.
        folder: on the server; the user needs no right to write there.
        key_file: the user's private key, readable by the owner alone; exactly one of it and `password_file` is set.
        password_file: the user's password, readable by the owner alone.
        timeout_s: longest silence of the server.
    """

    host: str
    user: str
    host_key: str
    folder: str
    port: int = 22
    key_file: Path | None = None
    password_file: Path | None = None
    timeout_s: float = 60.0


@dataclass(frozen=True)
class ConnectorConfig:
    """Everything a sync needs, except secrets; exactly one of `tally`, `csv` and `sap_b1` is set.

    With `sftp` the files that `csv` describes are fetched from a server first.
    """

    distributor_id: str
    state_file: Path
    ingestion: IngestionConfig
    keystore_file: Path
    passphrase_file: Path | None
    interval_s: float
    tally: TallyConfig | None
    csv: CsvConfig | None
    sap_b1: SapB1Config | None = None
    sftp: SftpConfig | None = None
    log_file: Path | None = None

    @property
    def status_file(self) -> Path:
        """Result of the last sync, for `status`; the state file itself is locked while a connector runs."""
        return self.state_file.with_name(self.state_file.name + ".status.json")

    @property
    def erp_type(self) -> str:
        """Value of X-ERP-Type."""
        if self.sap_b1:
            return "sap_b1"
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

    def choice(self, key: str, choices: tuple[str, ...]) -> Any:
        """One of the choices; the first one is the default."""
        value = self.take(key, str, choices[0])
        if value not in choices:
            raise ConfigError(f"{self._name}.{key} is one of {', '.join(choices)}")
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
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad writes a mark first
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}; `init` writes it") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name} is not UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line \d+, column \d+|at end of document", str(error))
        raise ConfigError(
            f"{path.name} is no TOML {place.group() if place else ''}; write text in quotes, and paths of Windows in "
            "single quotes or with two backslashes"
        ) from None
    base = path.resolve().parent
    keystore = _Section("keystore", values.pop("keystore", None), base)
    tally, drop, sap_b1 = values.pop("tally", None), values.pop("csv", None), values.pop("sap_b1", None)
    sftp = values.pop("sftp", None)
    if [tally, drop, sap_b1].count(None) != 2:
        raise ConfigError("exactly one of [tally], [csv] and [sap_b1] is needed")
    if sftp is not None and drop is None:
        raise ConfigError("[sftp] fetches the files that [csv] describes; [csv] is missing")
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
        sap_b1=None if sap_b1 is None else _sap_b1(_Section("sap_b1", sap_b1, base)),
        sftp=None if sftp is None else _sftp(_Section("sftp", sftp, base)),
        log_file=top.path("log_file", None),
    )
    if config.sftp and config.csv and config.csv.archive:
        raise ConfigError("csv.archive has no place beside [sftp]: the files stay on the server")
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
        proxy=section.take("proxy", str, None),
    )
    section.done()
    if config.proxy is not None and urlsplit(config.proxy).scheme not in ("http", "https"):
        raise ConfigError("ingestion.proxy is a URL like http://proxy:3128")
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


def _sap_b1(section: _Section) -> SapB1Config:
    config = SapB1Config(
        url=section.take("url", str).rstrip("/"),
        company_db=section.take("company_db", str),
        user=section.take("user", str),
        password_file=section.path("password_file"),
        version=section.take("version", str, "v1"),
        ca_file=section.path("ca_file", None),
        history_from=section.take("history_from", date, None),
        timeout_s=float(section.take("timeout_s", (int, float), 120)),
    )
    section.done()
    if urlsplit(config.url).scheme != "https":
        raise ConfigError("sap_b1.url must be https")
    if config.version not in ("v1", "v2"):
        raise ConfigError("sap_b1.version is v1 or v2")
    return config


def _sftp(section: _Section) -> SftpConfig:
    config = SftpConfig(
        host=section.take("host", str),
        user=section.take("user", str),
        host_key=section.take("host_key", str),
        folder=section.take("folder", str),
        port=section.take("port", int, 22),
        key_file=section.path("key_file", None),
        password_file=section.path("password_file", None),
        timeout_s=float(section.take("timeout_s", (int, float), 60)),
    )
    section.done()
    if (config.key_file is None) == (config.password_file is None):
        raise ConfigError("exactly one of sftp.key_file and sftp.password_file is needed")
    if _HOST_KEY.fullmatch(config.host_key) is None:
        raise ConfigError("sftp.host_key is a public key, its type and its base64: ssh-ed25519 AAAA…")
    return config


def _csv(section: _Section) -> CsvConfig:
    columns = section.take("columns", dict, {})
    if unknown := sorted(set(columns) - set(CSV_COLUMNS)):
        raise ConfigError(f"csv.columns does not know: {', '.join(unknown)}; it knows {', '.join(CSV_COLUMNS)}")
    config = CsvConfig(
        folder=section.path("folder"),
        date_format=section.choice("date_format", DATE_FORMATS),
        archive=section.path("archive", None),
        default_credit_days=section.take("default_credit_days", int, None),
        settle_s=float(section.take("settle_s", (int, float), 2)),
        rows=section.choice("rows", get_args(CsvRows)),
        payments=section.choice("payments", get_args(CsvPayments)),
        decimal_mark=section.choice("decimal_mark", (".", ",")),
        columns=tuple((name, _headers(columns[name], f"csv.columns.{name}")) for name in sorted(columns)),
        ignored_columns=_headers(section.take("ignored_columns", list, []), "csv.ignored_columns"),
    )
    section.done()
    return config


def _headers(value: Any, name: str) -> tuple[str, ...]:
    """Headers of a column: one text, or a list of them."""
    headers = [value] if isinstance(value, str) else value
    if not isinstance(headers, list) or not all(isinstance(header, str) and header.strip() for header in headers):
        raise ConfigError(f"{name} is a header or a list of headers")
    return tuple(headers)
