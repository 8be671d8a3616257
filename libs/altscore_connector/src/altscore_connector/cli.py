"""Console command `altscore-connector`."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from altscore_connector.batching import batch_id_of
from altscore_connector.client import IngestionClient, client_context
from altscore_connector.config import ConnectorConfig, load_config
from altscore_connector.errors import ConfigError, ConnectorError
from altscore_connector.identity import generate
from altscore_connector.keystore import Secrets, read_keystore, write_keystore
from altscore_connector.running import Output, open_state, run_for_ever, run_once
from altscore_connector.summary import CONFIGURATION, DONE, FAILED

_PASSPHRASE = "ALTSCORE_CONNECTOR_PASSPHRASE"  # noqa: S105 - the name of a variable


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        0 done, 1 failed, 2 wrong usage or configuration; 3 from `sync --once`: something was refused, held, set
        aside or quarantined, or disagrees with the ERP.
    """
    options = _parser().parse_args(argv)
    try:
        return int(options.run(options))
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return CONFIGURATION
    except ConnectorError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"error: {error.strerror}: {error.filename or 'no file'}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="altscore-connector", description="Sends a distributor's ledger to AltScore.")
    commands = parser.add_subparsers(dest="command", required=True)
    sync = commands.add_parser("sync", help="read the ERP and send what is new")
    sync.add_argument("--config", type=Path, required=True)
    sync.add_argument("--once", action="store_true", help="one sync instead of one every interval_s")
    sync.add_argument("--summary", type=Path, help="write the result as JSON")
    sync.set_defaults(run=_sync)
    keygen = commands.add_parser("keygen", help="make the client key and its signing request")
    keygen.add_argument("--distributor-id", required=True)
    keygen.add_argument("--key", type=Path, required=True)
    keygen.add_argument("--csr", type=Path, required=True)
    keygen.set_defaults(run=_keygen)
    store = commands.add_parser(
        "keystore", help="encrypt API key and signing secret (read as JSON from standard input)"
    )
    store.add_argument("--file", type=Path, required=True)
    store.add_argument("--passphrase-file", type=Path)
    store.set_defaults(run=_keystore)
    send = commands.add_parser("send", help="send one payload file as it is, once, and print the answer")
    send.add_argument("--config", type=Path, required=True)
    send.add_argument("--payload", type=Path, required=True)
    send.add_argument("--batch-id", help="default: follows from the content")
    send.add_argument("--wrong-signature", action="store_true", help="sign with zeros, to see the refusal")
    send.set_defaults(run=_send)
    status = commands.add_parser("status", help="print what became of a batch")
    status.add_argument("--config", type=Path, required=True)
    status.add_argument("batch_id")
    status.set_defaults(run=_status)
    return parser


def _passphrase(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except OSError:
            raise ConfigError(f"the passphrase file {file.name} cannot be read") from None
    return os.environ.get(_PASSPHRASE) or getpass.getpass("keystore passphrase: ")


def _secrets(config: ConnectorConfig) -> Secrets:
    return read_keystore(config.keystore_file, _passphrase(config.passphrase_file))


def _client(config: ConnectorConfig, secrets: Secrets) -> IngestionClient:
    try:
        context = client_context(config.ingestion)
    except OSError:
        raise ConfigError("CA, certificate or key cannot be used") from None
    return IngestionClient(
        config.ingestion.url, secrets, config.erp_type, context=context, max_wait_s=config.ingestion.max_wait_s
    )


def _sync(options: argparse.Namespace) -> int:
    config = load_config(options.config)
    secrets = _secrets(config)
    output = Output(say=lambda line: print(line, flush=True), summary_file=options.summary)
    with _client(config, secrets) as client:
        state = open_state(config, secrets)
        try:
            if options.once:
                return run_once(config, client, state, output)
            run_for_ever(config, client, state, output)
        finally:
            state.close()
    return DONE


def _keygen(options: argparse.Namespace) -> int:
    generate(options.distributor_id, options.key, options.csr)
    print(f"key in {options.key}, signing request in {options.csr}")
    return 0


def _keystore(options: argparse.Namespace) -> int:
    try:
        document = json.loads(sys.stdin.read())
        secrets = Secrets(api_key=document["api_key"], signing_secret=document["signing_secret"])
    except (ValueError, KeyError, TypeError):
        raise ConfigError("standard input holds no JSON with api_key and signing_secret") from None
    write_keystore(options.file, _passphrase(options.passphrase_file), secrets)
    print(f"encrypted in {options.file}")
    return 0


def _send(options: argparse.Namespace) -> int:
    body = options.payload.read_bytes()
    config = load_config(options.config)
    with _client(config, _secrets(config)) as client:
        wrong = "0" * 64 if options.wrong_signature else None
        reply = client.post(body, batch_id=options.batch_id or batch_id_of(body), signature_override=wrong)
    print(json.dumps({"status": reply.status, "body": reply.body}, indent=1))
    return 0


def _status(options: argparse.Namespace) -> int:
    config = load_config(options.config)
    with _client(config, _secrets(config)) as client:
        reply = client.status(options.batch_id)
    print(json.dumps({"status": reply.status, "body": reply.body}, indent=1))
    return 0
