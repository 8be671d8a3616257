"""`init`: configuration, key and signing request; with AltScore's answer also certificate and keystore."""

import argparse
import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from altscore_connector.commands.keystore import encrypt, secrets_of
from altscore_connector.commands.options import say
from altscore_connector.config import ConnectorConfig, load_config
from altscore_connector.errors import ConfigError
from altscore_connector.files import write_durably
from altscore_connector.identity import generate, signing_request
from altscore_connector.installation_id import installation_id, shown
from altscore_connector.keystore import is_beside
from altscore_connector.summary import DONE

HELP = "write the configuration, make key and signing request, and take AltScore's answer in"


@dataclass(frozen=True)
class _Setting:
    """One setting that is taken from a flag, or asked for."""

    flag: str
    name: str
    question: str
    kind: str = ""  # of the source it belongs to; empty for all

    @property
    def attribute(self) -> str:
        return self.flag.removeprefix("--").replace("-", "_")


_GENERAL = (
    _Setting("--distributor-id", "distributor_id", "distributor_id, as AltScore told it"),
    _Setting("--url", "url", "URL of AltScore's ingestion service"),
    _Setting("--source", "source", "where the ledger is: csv, tally or sap_b1"),
)
_OF_SOURCE = (
    _Setting("--folder", "folder", "folder of the CSV files", kind="csv"),
    _Setting("--tally-url", "url", "Tally's address, like http://127.0.0.1:9000", kind="tally"),
    _Setting("--company", "companies", "name of the company in Tally, letter by letter", kind="tally"),
    _Setting("--sap-url", "url", "address of the Service Layer, like https://sap:50000", kind="sap_b1"),
    _Setting("--company-db", "company_db", "name of the company's database", kind="sap_b1"),
    _Setting("--sap-user", "user", "user of the Service Layer that may only read", kind="sap_b1"),
    _Setting("--sap-password-file", "password_file", "file with that user's password", kind="sap_b1"),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("connector.toml"),
        help="the file to write; everything else goes into its folder",
    )
    for setting in (*_GENERAL, *_OF_SOURCE):
        action = "append" if setting.name == "companies" else "store"
        parser.add_argument(setting.flag, action=action, help=setting.question)
    parser.add_argument("--date-format", help="of the CSV files, like dd-mm-yyyy")
    parser.add_argument("--payments", help="where payments of the CSV files are: paid_column, receipts or none")
    parser.add_argument("--history-from", help="first day to read, like 2025-04-01 (Tally, SAP Business One)")
    parser.add_argument("--proxy", help="HTTP proxy on the way to AltScore")
    parser.add_argument(
        "--passphrase-file",
        help="file of the keystore's passphrase, in another folder; it is made where it is missing. Without it the "
        "system's keyring is used",
    )
    parser.add_argument("--answer", help="file with AltScore's answer (JSON), - for standard input")


def run(options: argparse.Namespace) -> int:
    """Runs the command; it can be repeated and overwrites neither configuration nor key."""
    config_file: Path = options.config
    if config_file.exists():
        say(f"{config_file.name} is there and stays as it is")
    else:
        _write_config(config_file, options)
    config = load_config(config_file)
    _passphrase_file(config)
    _identity(config)
    say(f"installation {shown(installation_id(config.keystore_file))}: a copy of this folder elsewhere is another one")
    if options.answer is None:
        say("next: send client.csr to AltScore, save its answer, and run init --answer with that file")
        return DONE
    _take_answer(config, options.answer, environment=options.environment)
    say("next: altscore-connector check")
    return DONE


def _write_config(path: Path, options: argparse.Namespace) -> None:
    general = {setting.name: _value(setting, options) for setting in _GENERAL}
    kind = str(general["source"])
    if kind not in ("csv", "tally", "sap_b1"):
        raise ConfigError("--source is csv, tally or sap_b1")
    source = {setting.name: _value(setting, options) for setting in _OF_SOURCE if setting.kind == kind}
    lines = [
        f"distributor_id = {_text(general['distributor_id'])}",
        'state_file = "state.sqlite"',
        'log_file = "connector.log"',
        "interval_s = 900",
        "",
        "[ingestion]",
        f"url = {_text(general['url'])}",
        'ca_file = "ca.pem"',
        'certificate_file = "client.crt"',
        'key_file = "client.key"',
        *([f"proxy = {_text(options.proxy)}"] if options.proxy else []),
        "",
        "[keystore]",
        'file = "keystore.json"',
        *([f"passphrase_file = {_text(_absolute(options.passphrase_file))}"] if options.passphrase_file else []),
        "",
        f"[{kind}]",
        *(f"{name} = {_text(value)}" for name, value in source.items()),
        *_further(kind, options),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        load_config(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    say(f"configuration in {path}")


def _further(kind: str, options: argparse.Namespace) -> list[str]:
    """Settings with a default, where they were named."""
    if kind != "csv":
        return [f"history_from = {options.history_from}"] if options.history_from else []
    named = (("date_format", options.date_format), ("payments", options.payments))
    return [f"{name} = {_text(value)}" for name, value in named if value]


def _absolute(path: str) -> str:
    """The flag is relative to where the command runs, a setting to the configuration."""
    return str(Path(path).expanduser().resolve())


def _value(setting: _Setting, options: argparse.Namespace) -> Any:
    value = getattr(options, setting.attribute)
    if value:
        return value
    if not sys.stdin.isatty():
        raise ConfigError(f"{setting.flag} is missing: {setting.question}")
    answer = input(f"{setting.question}: ").strip()
    if not answer:
        raise ConfigError(f"{setting.flag} is missing")
    return [answer] if setting.name == "companies" else answer


def _text(value: Any) -> str:
    """A TOML string, or a list of them; TOML's escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False)


def _passphrase_file(config: ConnectorConfig) -> None:
    """Makes the passphrase where its file is missing; the keystore that it opens is made later."""
    path = config.passphrase_file
    if path is None or path.exists() or is_beside(path, config.keystore_file):
        return
    if config.keystore_file.exists():
        raise ConfigError(f"the passphrase file {path.name} is gone, and the keystore does not open without it")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(path, secrets.token_urlsafe(24).encode())
    say(f"passphrase in {path}; keep a copy of it elsewhere")


def _identity(config: ConnectorConfig) -> None:
    key_file = config.ingestion.key_file
    csr_file = key_file.with_suffix(".csr")
    if not key_file.exists():
        generate(config.distributor_id, key_file, csr_file)
        say(f"key in {key_file}, which stays here; signing request in {csr_file}")
    else:
        csr_file.write_bytes(signing_request(config.distributor_id, key_file.read_bytes()))
        say(f"{key_file.name} is there and stays; signing request in {csr_file}")


def _take_answer(config: ConnectorConfig, answer: str, *, environment: Mapping[str, str]) -> None:
    text = sys.stdin.read() if answer == "-" else Path(answer).read_text(encoding="utf-8-sig")
    credentials = secrets_of(text)
    document: dict[str, Any] = json.loads(text)
    parts = (("certificate_pem", config.ingestion.certificate_file), ("ca_pem", config.ingestion.ca_file))
    for name, path in parts:
        pem = document.get(name)
        if isinstance(pem, str) and pem:
            write_durably(path, pem.encode())
            say(f"{name} in {path}")
        elif not path.exists():
            raise ConfigError(f"the answer lacks {name}, and {path.name} is not there")
    encrypt(config.keystore_file, config.passphrase_file, secrets=credentials, environment=environment)
    if answer != "-":
        say(f"delete {answer} now: it holds the secrets in plain")
