"""A private file has one reader; the entry point and the health check of an image."""

import importlib.util
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
from altscore_compose.owners import UIDS, give, private_files
from altscore_local.layout import OUR_DATABASES, ROOT
from altscore_local.process import StackError

IMAGES = ROOT / "deploy" / "images"


def load(name: str) -> ModuleType:
    """A script of the images as a module."""
    spec = importlib.util.spec_from_file_location(f"image_{name}", IMAGES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_owner_has_a_user_of_its_own() -> None:
    assert set(OUR_DATABASES) <= set(UIDS)
    assert len(set(UIDS.values())) == len(UIDS)


def test_private_files_are_those_that_an_environment_names_and_others_may_not_read(tmp_path: Path) -> None:
    key, certificate, folder = tmp_path / "x.key", tmp_path / "x.crt", tmp_path / "keys"
    folder.mkdir()
    for path, mode in ((key, 0o600), (certificate, 0o644), (folder / "1.pem", 0o600)):
        path.touch()
        path.chmod(mode)
    values = [str(key), str(certificate), str(folder), "/etc/passwd", "word", f"{tmp_path}/absent"]

    assert private_files(values, tmp_path) == {key, folder / "1.pem"}


def test_a_private_file_with_two_readers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shared.key"
    path.touch()
    os_owner = {name: os.getuid() for name in ("score", "consent")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("altscore_compose.owners.UIDS", os_owner)
        patch.setattr("altscore_compose.owners.GID", os.getgid())
        give({"score": [path]})
        with pytest.raises(StackError, match="both score and consent"):
            give({"score": [path], "consent": [path]})


def test_an_environment_file_is_read_as_a_shell_would(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("A='1 2'\nB='{\"k\": 1}'\nEMPTY=''\n")

    assert load("run").read_env_file(path) == {"A": "1 2", "B": '{"k": 1}', "EMPTY": ""}


def test_a_bad_line_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("SECRET hush\n")

    with pytest.raises(ValueError, match="NAME=") as refused:
        load("run").read_env_file(path)
    assert "hush" not in str(refused.value)


def test_the_entry_point_becomes_the_program_with_the_files_environment(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("GREETING='good morning'\n")
    command = [sys.executable, str(IMAGES / "run.py"), "--exec", "/usr/bin/printenv", "GREETING"]

    done = subprocess.run(
        command, env={"ALTSCORE_ENV_FILE": str(path)}, capture_output=True, text=True, check=True, timeout=20
    )

    assert done.stdout == "good morning\n"


def answer_once(server: socket.socket, status: bytes) -> None:
    """Answers one request."""
    server.settimeout(30)
    connection, _ = server.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")


@pytest.mark.parametrize(("status", "code"), [(b"200 OK", 0), (b"503 Service Unavailable", 1)])
def test_the_health_check_asks_the_port_that_the_environment_file_names(
    tmp_path: Path, status: bytes, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_once, args=(server, status))
        thread.start()
        path = tmp_path / "x.env"
        path.write_text(f"SCORE_INTERNAL_PORT='{server.getsockname()[1]}'\n")
        command = [sys.executable, "-IS", str(IMAGES / "healthcheck.py"), "/readyz"]
        done = subprocess.run(command, env={"ALTSCORE_ENV_FILE": str(path)}, check=False, timeout=20)
        thread.join()

    assert done.returncode == code


def test_the_health_check_of_a_dead_process_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-IS", str(IMAGES / "healthcheck.py")]

    assert subprocess.run(command, env={"X_INTERNAL_PORT": str(port)}, check=False, timeout=20).returncode == 1
