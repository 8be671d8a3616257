"""The SFTP server through OpenSSH's client: uploads, confinement, host key, broken connections."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from .conftest import Simulator

TEXT = "Invoice No,Amount\nSI/1,118.00\n"


def test_a_file_is_put_renamed_and_fetched(simulator: Simulator, tmp_path: Path) -> None:
    folder = simulator.state["folder"]
    (tmp_path / "invoices.csv").write_text(TEXT, encoding="utf-8")
    done = simulator.sftp(
        f"put {tmp_path}/invoices.csv {folder}/invoices.csv.part",
        f"rename {folder}/invoices.csv.part {folder}/invoices.csv",
        f"get {folder}/invoices.csv {tmp_path}/copy.csv",
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy.csv").read_text(encoding="utf-8") == TEXT
    assert simulator.files()["invoices.csv"]["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()


def test_the_distributors_program_renames_and_adds_a_digest(simulator: Simulator, tmp_path: Path) -> None:
    simulator.post("upload", name="invoices.csv", text=TEXT, with_digest=True)
    listing = simulator.sftp(
        f"ls -1 {simulator.state['folder']}",
        f"get {simulator.state['folder']}/invoices.csv.sha256 {tmp_path}/digest",
    )
    assert listing.returncode == 0, listing.stderr
    names = [
        line.rsplit("/", 1)[-1] for line in listing.stdout.splitlines() if "/invoices" in line and "get" not in line
    ]
    assert names[:2] == ["invoices.csv", "invoices.csv.sha256"]
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert (tmp_path / "digest").read_text(encoding="ascii") == f"{digest}  invoices.csv\n"


def test_a_half_written_file_stays_half_until_it_is_finished(simulator: Simulator, tmp_path: Path) -> None:
    simulator.post("upload", name="receipts.csv", text=TEXT, how="half", with_digest=True)
    path = f"{simulator.state['folder']}/receipts.csv"
    assert simulator.sftp(f"get {path} {tmp_path}/half.csv").returncode == 0
    assert (tmp_path / "half.csv").read_text(encoding="utf-8") == TEXT[: len(TEXT) // 2]
    assert not simulator.files()["receipts.csv"]["is_complete"]
    simulator.post("finish", name="receipts.csv")
    assert simulator.sftp(f"get {path} {tmp_path}/whole.csv").returncode == 0
    assert (tmp_path / "whole.csv").read_text(encoding="utf-8") == TEXT
    assert simulator.files()["receipts.csv"]["is_complete"]


def test_a_file_can_be_written_again_and_removed(simulator: Simulator) -> None:
    simulator.post("upload", name="a.csv", text="one", how="direct")
    first = simulator.files()["a.csv"]
    simulator.post("upload", name="a.csv", text="two")
    assert simulator.files()["a.csv"]["sha256"] != first["sha256"]
    assert simulator.sftp(f"rm {simulator.state['folder']}/a.csv").returncode == 0
    assert simulator.files() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root; elsewhere the state says is_confined: false")
def test_the_user_sees_nothing_but_the_own_folder(simulator: Simulator) -> None:
    assert simulator.state["is_confined"]
    assert simulator.sftp("ls /etc").returncode != 0
    assert simulator.sftp("ls ../../../etc").returncode != 0
    assert simulator.sftp(f"put {__file__} /outside.py").returncode != 0
    root = simulator.sftp("ls -1 /")
    assert [line for line in root.stdout.splitlines() if not line.startswith("sftp>")] == ["/authorized_keys", "/drop"]


def test_another_key_is_not_let_in(simulator: Simulator, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True, timeout=30)
    simulator.state["user_key"] = str(other)
    refused = simulator.sftp("ls")
    assert refused.returncode != 0
    assert "Permission denied" in refused.stderr


def test_a_changed_host_key_is_noticed_by_who_pinned_the_first(simulator: Simulator) -> None:
    assert simulator.sftp("ls").returncode == 0
    changed = simulator.post("host-key", number=1)
    assert changed["host_key"] != simulator.state["host_key"]
    assert changed["port"] == simulator.state["port"]
    refused = simulator.sftp("ls")
    assert refused.returncode != 0
    assert "HOST IDENTIFICATION HAS CHANGED" in refused.stderr
    simulator.post("host-key", number=0)
    assert simulator.sftp("ls").returncode == 0


def test_a_refused_connection_can_be_tried_again(simulator: Simulator) -> None:
    simulator.post("switches", refuse=1)
    assert simulator.sftp("ls").returncode != 0
    assert simulator.sftp("ls").returncode == 0


def test_a_cut_connection_ends_a_transfer_in_its_middle(simulator: Simulator, tmp_path: Path) -> None:
    simulator.post("upload", name="big.csv", text="x" * 400_000)
    simulator.post("switches", cut_after=100_000)
    get = f"get {simulator.state['folder']}/big.csv {tmp_path}/big.csv"
    assert simulator.sftp(get).returncode != 0
    assert (tmp_path / "big.csv").stat().st_size < 400_000
    assert simulator.sftp(get).returncode == 0
    assert (tmp_path / "big.csv").stat().st_size == 400_000


def test_a_stalled_connection_says_nothing_until_it_is_dropped(simulator: Simulator, tmp_path: Path) -> None:
    simulator.post("upload", name="big.csv", text="x" * 400_000)
    simulator.post("switches", stall_after=100_000)
    get = f"get {simulator.state['folder']}/big.csv {tmp_path}/big.csv"
    with pytest.raises(subprocess.TimeoutExpired):
        simulator.sftp(get, timeout_s=2)
    assert simulator.post("drop-connections")["connections"] == 1
    assert simulator.sftp(get).returncode == 0


def test_the_control_port_names_what_it_refuses(simulator: Simulator) -> None:
    for command, content in (
        ("upload", {"name": "../a.csv", "text": ""}),
        ("upload", {"name": "a.csv", "text": "", "how": "by post"}),
        ("finish", {"name": "a.csv"}),
        ("host-key", {"number": 2}),
        ("switches", {"speed": 1}),
        ("nothing", {}),
    ):
        assert simulator.control.post(f"/_control/{command}", json=content).status_code == 400
