"""The connector reads an SFTP server: whole files of the right server, or a sentence that names what is wrong."""

import asyncio
import os
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from altscore_connector.config import CsvConfig, SftpConfig
from altscore_connector.errors import SftpError
from altscore_connector.records import Reading
from altscore_connector.state import State

from .conftest import Simulator

pytest.importorskip("asyncssh", reason="SKIPPED: asyncssh is not installed")

from altscore_connector.sftp.session import Connect, RemoteFile, SftpSession, connected, usable_name
from altscore_connector.sftp.source import SftpSource

HEADER = "Invoice No,Invoice Date,Party,Amount\n"
TEXT = f"{HEADER}SI/1,05-07-2026,Om Traders,118.00\n"
NAME = "invoices_complete_2026-07.csv"


class Site:
    """A distributor's site that fetches from the simulator."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        key = folder / "key"
        key.write_bytes(Path(simulator.state["user_key"]).read_bytes())
        key.chmod(0o600)
        self.csv = CsvConfig(folder / "fetched", settle_s=0)
        self.config = SftpConfig(
            host="127.0.0.1",
            port=simulator.state["port"],
            user=simulator.state["user"],
            host_key=simulator.state["host_key"],
            folder=simulator.state["folder"],
            key_file=key,
            timeout_s=20,
        )
        self.state = State(":memory:")

    def source(self, connect: Connect = connected, **settings: object) -> SftpSource:
        """The source with other settings."""
        config = replace(self.config, **settings)  # type: ignore[arg-type]
        return SftpSource(config, self.csv, "dist_x", state=self.state, connect=connect)

    def amounts(self, reading: Reading) -> list[str]:
        """Amounts of the invoices that were read."""
        return [str(item.amount) for item in reading.items if item.table == "invoices"]

    def local(self) -> dict[str, str]:
        """What lies in the local folder, by name."""
        return {path.name: path.read_text("utf-8") for path in self.csv.folder.iterdir() if path.suffix != ".part"}


@pytest.fixture
def site(simulator: Simulator, tmp_path: Path) -> Site:
    """A site."""
    return Site(simulator, tmp_path)


def then(act: Callable[[], object]) -> Connect:
    """Opens sessions in which something happens as soon as the folder was listed for the first time."""

    @asynccontextmanager
    async def opened(config: SftpConfig) -> AsyncIterator[SftpSession]:
        async with connected(config) as session:
            look = session.list

            async def listed() -> tuple[list[RemoteFile], int]:
                session.list = look  # type: ignore[method-assign]
                files = await look()
                await asyncio.to_thread(act)
                return files

            session.list = listed  # type: ignore[method-assign]
            yield session

    return opened


def rules(reading: Reading) -> list[str]:
    return [finding.rule for finding in reading.findings if finding.kind != "note"]


def failure(source: SftpSource) -> SftpError:
    """The error of a reading, and the check that names the same thing."""
    with pytest.raises(SftpError) as caught:
        source.read()
    failed = [check for check in source.check() if not check.is_ok]
    assert [check.subject for check in failed] == [caught.value.subject]
    return caught.value


def test_files_are_fetched_whole_with_the_servers_time_into_a_private_folder(site: Site, simulator: Simulator) -> None:
    simulator.post("upload", name=NAME, text=TEXT, modified_s=1_785_000_000, with_digest=True)
    simulator.post("upload", name=f"{NAME}.part", text="half", how="direct")
    reading = site.source().read()
    assert site.amounts(reading) == ["118.00"]
    assert rules(reading) == []
    path = site.csv.folder / NAME
    assert path.stat().st_mtime == 1_785_000_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(site.csv.folder.stat().st_mode) == 0o700
    assert [check.is_ok for check in site.source().check()] == [True] * 5


def test_a_file_that_is_here_is_not_fetched_again_and_one_that_went_is_forgotten(
    site: Site, simulator: Simulator
) -> None:
    simulator.post("upload", name=NAME, text=TEXT)
    site.source().read()
    before = (site.csv.folder / NAME).stat().st_ino
    assert site.amounts(site.source().read()) == ["118.00"]
    assert (site.csv.folder / NAME).stat().st_ino == before
    simulator.post("upload", name=NAME, text=TEXT.replace("118", "119"), modified_s=int(time.time()) + 5)
    assert site.amounts(site.source().read()) == ["119.00"]
    simulator.post("remove", name=NAME)
    assert site.amounts(site.source().read()) == []
    assert NAME not in site.local()


def test_the_same_size_and_time_with_another_digest_is_another_file(site: Site, simulator: Simulator) -> None:
    for amount in ("118.00", "119.00", "118.00"):
        text = TEXT.replace("118.00", amount)
        simulator.post("upload", name=NAME, text=text, modified_s=1_785_000_000, with_digest=True)
        assert site.amounts(site.source().read()) == [amount]


def test_another_host_key_is_refused_with_one_sentence_before_anything_is_sent(
    site: Site, simulator: Simulator
) -> None:
    simulator.post("upload", name=NAME, text=TEXT)
    simulator.post("host-key", number=1)
    error = failure(site.source())
    assert str(error) == (
        "sftp.host_key: the server shows another host key, so nothing was sent to it; "
        "ask its owner whether the key was changed"
    )
    assert NAME not in site.local()


def test_another_users_key_and_a_wrong_password_are_refused(site: Site, tmp_path: Path) -> None:
    other, password = tmp_path / "other", tmp_path / "password"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True, timeout=30)
    assert failure(site.source(key_file=other)).subject == "sftp.user"
    password.write_text("not-the-password\n", encoding="utf-8")
    password.chmod(0o600)
    error = failure(site.source(key_file=None, password_file=password))
    assert error.subject == "sftp.user"
    assert "not-the-password" not in str(error)


def test_a_password_is_as_good_as_a_key(site: Site, simulator: Simulator, tmp_path: Path) -> None:
    simulator.post("upload", name=NAME, text=TEXT)
    password = tmp_path / "password"
    password.write_text(simulator.state["password"] + "\n", encoding="utf-8")
    password.chmod(0o600)
    assert site.amounts(site.source(key_file=None, password_file=password).read()) == ["118.00"]
    password.chmod(0o644)
    assert failure(site.source(key_file=None, password_file=password)).subject == "sftp.password_file"


def test_a_missing_folder_a_bad_key_file_and_a_closed_port_are_told_apart(site: Site, tmp_path: Path) -> None:
    assert failure(site.source(folder="/nowhere")).subject == "sftp.folder"
    empty = tmp_path / "empty"
    empty.write_text("no key", encoding="utf-8")
    empty.chmod(0o600)
    assert failure(site.source(key_file=empty)).subject == "sftp.key_file"
    assert failure(site.source(port=1)).subject == "sftp.host"


@pytest.mark.parametrize("after", [10, 2_000, 200_000])
def test_a_cut_connection_leaves_no_half_file_and_the_next_reading_goes_on(
    site: Site, simulator: Simulator, after: int
) -> None:
    rows = "".join(f"SI/{number},05-07-2026,Om Traders,1.00\n" for number in range(20_000))
    simulator.post("upload", name=NAME, text=HEADER + rows)
    simulator.post("switches", cut_after=after)
    with pytest.raises(SftpError):
        site.source().read()
    assert list(site.csv.folder.glob("*.csv*")) == []
    assert len(site.amounts(site.source().read())) == 20_000


@pytest.mark.parametrize("after", [10, 200_000])
def test_a_server_that_falls_silent_is_left_after_the_timeout(site: Site, simulator: Simulator, after: int) -> None:
    simulator.post("upload", name=NAME, text=HEADER + "x" * 1_000_000)
    simulator.post("switches", stall_after=after)
    begun = time.monotonic()
    with pytest.raises(SftpError):
        site.source(timeout_s=1).read()
    assert time.monotonic() - begun < 10
    assert list(site.csv.folder.glob("*.csv*")) == []


def test_a_slow_server_is_waited_for_as_long_as_it_says_something(site: Site, simulator: Simulator) -> None:
    rows = "".join(f"SI/{number},05-07-2026,Om Traders,1.00\n" for number in range(2_000))
    simulator.post("upload", name=NAME, text=HEADER + rows)
    simulator.post("switches", bytes_per_s=60_000)
    begun = time.monotonic()
    assert len(site.amounts(site.source(timeout_s=5).read())) == 2_000
    assert time.monotonic() - begun > 1, "the line was not slow, so nothing was proved"


def test_a_file_that_changes_while_it_is_read_is_held_and_fetched_the_next_time(
    site: Site, simulator: Simulator
) -> None:
    rows = "".join(f"SI/{number},05-07-2026,Om Traders,1.00\n" for number in range(20_000))
    simulator.post("upload", name=NAME, text=HEADER + rows, modified_s=1_785_000_000)
    simulator.post("change-while-read", after=200_000, name=NAME, text=TEXT, modified_s=1_785_000_060)
    reading = site.source().read()
    assert rules(reading) == ["file_changed_while_read"]
    assert site.amounts(reading) == []
    assert site.amounts(site.source().read()) == ["118.00"]


def test_a_half_file_with_a_digest_waits_for_the_rest(site: Site, simulator: Simulator) -> None:
    simulator.post("upload", name=NAME, text=TEXT, how="half", with_digest=True)
    reading = site.source().read()
    assert rules(reading) == ["digest_differs"]
    assert list(reading.items) == []
    simulator.post("finish", name=NAME)
    assert site.amounts(site.source().read()) == ["118.00"]


def test_a_file_without_a_digest_is_read_once_it_stands_still(site: Site, simulator: Simulator) -> None:
    site.csv = replace(site.csv, settle_s=0.01)
    simulator.post("upload", name=NAME, text=TEXT, how="half")
    reading = site.source(connect=then(lambda: simulator.post("finish", name=NAME))).read()
    assert rules(reading) == ["file_still_grows"]
    assert list(reading.items) == []
    assert site.amounts(site.source().read()) == ["118.00"]


def test_a_file_without_the_right_to_read_stops_no_other(site: Site, simulator: Simulator) -> None:
    simulator.post("upload", name=NAME, text=TEXT)
    simulator.post("upload", name="secret.csv", text=TEXT)
    simulator.post("access", name="secret.csv", is_readable=False)
    reading = site.source().read()
    assert [(finding.rule, finding.file) for finding in reading.findings if finding.kind != "note"] == [
        ("file_not_readable", "secret.csv")
    ]
    assert site.amounts(reading) == ["118.00"]
    assert [check.subject for check in site.source().check() if not check.is_ok] == ["secret.csv"]


def test_names_that_differ_only_in_capitals_are_held(site: Site, simulator: Simulator) -> None:
    for name in ("a.csv", "A.csv", NAME):
        simulator.post("upload", name=name, text=TEXT)
    reading = site.source().read()
    assert rules(reading) == ["file_names_alike", "file_names_alike"]
    assert site.amounts(reading) == ["118.00"]


def test_a_link_is_not_followed(site: Site, simulator: Simulator) -> None:
    simulator.post("upload", name="target.txt", text=TEXT)
    folder = simulator.state["folder"]
    assert simulator.sftp(f"symlink {folder}/target.txt {folder}/link.csv").returncode == 0
    assert list(site.source().read().items) == []


def test_a_folder_with_somebodys_files_is_not_touched(site: Site) -> None:
    site.csv.folder.mkdir()
    (site.csv.folder / "mine.csv").write_text(TEXT, encoding="utf-8")
    assert failure(site.source()).subject == "csv.folder"
    assert (site.csv.folder / "mine.csv").exists()


@pytest.mark.parametrize(
    "name",
    [b"../a.csv", b"/etc/a.csv", b"a\\b.csv", b"C:a.csv", b"\xff.csv", b".hidden.csv", b"a\n.csv", b"", b"a.csv "],
)
def test_a_name_that_leads_out_of_the_folder_is_no_name(name: bytes) -> None:
    assert usable_name(name) is None


def test_names_in_hindi_are_names() -> None:
    assert usable_name("बिल_complete_2026-07.csv".encode()) == "बिल_complete_2026-07.csv"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_made_is_named(site: Site) -> None:
    site.csv = replace(site.csv, folder=Path("/proc/fetched"))
    assert failure(site.source()).subject == "csv.folder"
