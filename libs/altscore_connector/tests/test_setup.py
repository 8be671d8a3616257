"""Configuration, keystore, keys and the command line."""

import io
import json
import stat
import sys
from pathlib import Path

import pytest
from altscore_connector.cli import main
from altscore_connector.config import load_config
from altscore_connector.errors import ConfigError
from altscore_connector.keystore import Secrets, read_keystore, write_keystore
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

CONFIG = """
distributor_id = "dist_x"
state_file = "state.sqlite"
[ingestion]
url = "https://127.0.0.1:21103"
ca_file = "ca.pem"
certificate_file = "client.crt"
key_file = "client.key"
[keystore]
file = "keystore.json"
passphrase_file = "passphrase"
[csv]
folder = "drop"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "connector.toml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_configuration_file(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, CONFIG))
    assert config.csv is not None
    assert config.csv.folder == tmp_path.resolve() / "drop"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://", "http://"),
        ('folder = "drop"', 'folder = "drop"\nfoldr = "x"'),
        ('folder = "drop"', 'folder = "drop"\ndate_format = "guess"'),
        ("[csv]", "[cvs]"),
        ('distributor_id = "dist_x"', "distributor_id = 7"),
    ],
)
def test_a_wrong_setting_stops_the_connector(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(ConfigError):
        load_config(written(tmp_path, CONFIG.replace(old, new)))


@pytest.mark.parametrize(
    ("saved", "sentence"),
    [
        (b"\xef\xbb\xbf" + CONFIG.encode(), None),
        (CONFIG.replace("drop", "C:\\Users\\ram").encode(), r"line 13, column \d+; .* single quotes"),
        (CONFIG.replace("drop", "dr\u00f6p").encode("cp1252"), "not UTF-8"),
        (CONFIG.encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_file_as_editors_on_windows_save_it_is_read_or_told_by_its_line(
    tmp_path: Path, saved: bytes, sentence: str | None
) -> None:
    path = tmp_path / "connector.toml"
    path.write_bytes(saved)
    if sentence is None:
        assert load_config(path).csv is not None
        return
    with pytest.raises(ConfigError, match=sentence):
        load_config(path)


SFTP = """
[sftp]
host = "sftp.example"
user = "altscore"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZ9rT9Xo1yB1f3b5m2n4p6q8r0s2t4u6v8w0x2y4z6A"
folder = "/exports"
password_file = "password"
"""


def test_sftp_goes_with_the_settings_of_csv(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, CONFIG + SFTP))
    assert config.sftp is not None
    assert config.sftp.password_file == tmp_path.resolve() / "password"
    assert config.erp_type == "csv"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[csv]", '[tally]\nurl = "http://127.0.0.1:9000"\ncompanies = ["A"]\n[other]'),
        ('folder = "drop"', 'folder = "drop"\narchive = "sent"'),
        ("password_file", "passphrase_file"),
        ('user = "altscore"', 'user = "altscore"\nkey_file = "key"'),
        ("ssh-ed25519 AAAA", "SHA256:AAAA"),
    ],
)
def test_a_wrong_setting_of_sftp_stops_the_connector(tmp_path: Path, old: str, new: str) -> None:
    assert old in CONFIG + SFTP
    with pytest.raises(ConfigError):
        load_config(written(tmp_path, (CONFIG + SFTP).replace(old, new)))


def test_the_keystore_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    write_keystore(path, "right", Secrets("key-text", "secret-text"))
    assert read_keystore(path, "right") == Secrets("key-text", "secret-text")
    assert b"key-text" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConfigError):
        read_keystore(path, "wrong")


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "key-text" not in repr(Secrets("key-text", "secret-text"))


def test_keygen_makes_a_p256_key_and_never_overwrites_it(tmp_path: Path) -> None:
    command = ["keygen", "--distributor-id", "dist_x", "--key", f"{tmp_path}/k", "--csr", f"{tmp_path}/c"]
    assert main(command) == 0
    request = x509.load_pem_x509_csr((tmp_path / "c").read_bytes())
    key = request.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://altscore/distributor/dist_x"]
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert main(command) == 2


def test_keygen_takes_no_name_for_a_distributor_id(tmp_path: Path) -> None:
    files = ["--key", f"{tmp_path}/k", "--csr", f"{tmp_path}/c"]
    assert main(["keygen", "--distributor-id", "M/s Sharma & Sons", *files]) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_missing_configuration_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--config", str(tmp_path / "none.toml"), "--once"]) == 2
    assert capsys.readouterr().err.startswith("error: none.toml")


def test_the_keystore_command_reads_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "p").write_text("pass\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"api_key": "a", "signing_secret": "b"})))
    assert main(["keystore", "--file", f"{tmp_path}/site/ks", "--passphrase-file", f"{tmp_path}/p"]) == 0
    assert read_keystore(tmp_path / "site" / "ks", "pass") == Secrets("a", "b")
