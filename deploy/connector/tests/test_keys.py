"""Release keys and signatures are minisign's own: what we write the program reads, and the other way round."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from altscore_connector import minisign
from altscore_connector.errors import UpdateError
from altscore_connector.release_keys import RELEASE_KEYS
from altscore_local.layout import ROOT
from altscore_release import keys
from altscore_release.__main__ import main
from altscore_release.keys import KeyFileError, SecretKey

PASSWORD = "correct horse battery staple"
# Written by minisign 0.11 (minisign -S -m content -t "a comment"), with a key that was thrown away.
CONTENT = b"AltScore connector, signed by minisign\n"
VECTOR_KEY = "RWTzWTNnldoKiZVc70Eac8+gt6cL0rM+C+xWB/cD+2XkX0Eedru4e4/y"
VECTOR = """\
untrusted comment: signature from minisign secret key
RUTzWTNnldoKiTUHjddxaUBhukazYoS/cOR18hOxCco/YDATeGH3dLKVKJe2lFnDtDt72TbokhLu5QP2GKucbuFDVWGL0+HRWwA=
trusted comment: a comment
UA18w86SJrJfieROx0zUKuLj+btmLqpeIeDwWxlIeGMlTkl3NF6yrD1CoksON3ESQBpzcO0gVNHBmcf1DQDHAg==
"""
needs_minisign = pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not on the PATH")


def run_minisign(*arguments: str | Path, answers: str = "") -> subprocess.CompletedProcess[str]:
    command = ["minisign", *map(str, arguments)]
    return subprocess.run(command, input=answers, capture_output=True, text=True, check=False, timeout=100)


def test_a_signature_of_the_program_is_accepted_with_its_comment() -> None:
    assert minisign.verify("content", io.BytesIO(CONTENT), VECTOR.encode(), [VECTOR_KEY]) == "a comment"
    assert minisign.verify("content", io.BytesIO(CONTENT), VECTOR.replace("\n", "\r\n").encode(), [VECTOR_KEY])
    with pytest.raises(UpdateError, match="is not what was signed"):
        minisign.verify("content", io.BytesIO(CONTENT + b"\n"), VECTOR.encode(), [VECTOR_KEY])


@needs_minisign
def test_the_program_accepts_our_signature_and_no_altered_file(tmp_path: Path, key: SecretKey) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(CONTENT)
    signature = path.with_name("manifest.json.minisig")
    signature.write_text(key.sign(path, "altscore-connector 0.2.0"))
    done = run_minisign("-Vm", path, "-P", key.public)
    assert done.returncode == 0, done.stderr
    assert "Trusted comment: altscore-connector 0.2.0" in done.stdout
    path.write_bytes(CONTENT + b" ")
    assert run_minisign("-Vm", path, "-P", key.public).returncode != 0


@needs_minisign
@pytest.mark.timeout(300)  # its key files cost a gigabyte of memory and seconds for every password
def test_the_program_signs_with_our_key_file_and_we_open_its_own(tmp_path: Path, key: SecretKey) -> None:
    ours, theirs, public, path = (tmp_path / name for name in ("ours", "theirs", "public", "content"))
    path.write_bytes(CONTENT)
    keys.write(ours, key, PASSWORD, memory_bytes=2**20)
    done = run_minisign("-S", "-s", ours, "-m", path, "-t", "offline", answers=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    signature = (tmp_path / "content.minisig").read_bytes()
    assert minisign.verify("content", io.BytesIO(CONTENT), signature, [key.public]) == "offline"
    done = run_minisign("-G", "-s", theirs, "-p", public, answers=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    theirs.chmod(0o600)
    assert keys.read(theirs, PASSWORD).public == public.read_text().splitlines()[1]


def test_a_key_opens_with_its_password_alone(tmp_path: Path, key: SecretKey) -> None:
    path = tmp_path / "release.key"
    keys.write(path, key, PASSWORD, memory_bytes=2**20)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.read(path, PASSWORD).public == key.public
    with pytest.raises(KeyFileError, match="does not open with this password"):
        keys.read(path, PASSWORD + "r")
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="can be read by others"):
        keys.read(path, PASSWORD)


def test_a_key_is_never_overwritten_nor_weakly_protected(tmp_path: Path, key: SecretKey) -> None:
    path = tmp_path / "release.key"
    with pytest.raises(KeyFileError, match="fewer than 12"):
        keys.write(path, key, "short")
    keys.write(path, key, PASSWORD, memory_bytes=2**20)
    with pytest.raises(KeyFileError, match="never overwritten"):
        keys.write(path, keys.generate(), PASSWORD, memory_bytes=2**20)
    assert keys.read(path, PASSWORD).public == key.public


@pytest.mark.parametrize("content", ["", "one line", "a\n!!!\n", "a\nRWQ=\n", "a\n" + "A" * 212 + "\n"])
def test_what_is_no_key_file_is_a_sentence(content: str, tmp_path: Path) -> None:
    path = tmp_path / "release.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"no .*key file of minisign"):
        keys.read(path, PASSWORD)


def test_no_key_is_written_into_the_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    path = ROOT / "deploy" / "connector" / "release.key"
    assert main(["key", "--key", str(path), "--password-file", str(password)]) == 1
    assert "lies in the repository" in capsys.readouterr().err
    assert not path.exists()


def test_at_most_two_different_keys_are_pinned() -> None:
    ids = [keys.key_id_of(public) for public in RELEASE_KEYS]
    assert len(ids) <= 2
    assert len(set(ids)) == len(ids)
