"""Key and certificate are replaced by themselves, in time, and no lost answer or crash ends in a dead end."""

import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from altscore_connector import rotation
from altscore_connector.certificates import finish_swap, next_file, read_certificate
from altscore_connector.cli import main
from altscore_connector.config import load_config
from altscore_connector.errors import DeliveryError
from altscore_connector.keystore import Secrets, read_keystore, write_keystore
from altscore_connector.maintenance import Maintenance
from altscore_connector.reports import Outcome
from altscore_connector.running import open_state
from altscore_connector.site import Site
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .site_service import SiteFolder, SiteService, serving

FILE = "Invoice No,Invoice Date,Party,Amount\r\n1,01-07-2026,A,100\r\n"
ROTATE_KEY, ROTATE_CERTIFICATE = "/v1/connector/rotate-key", "/v1/connector/rotate-certificate"
QUARANTINE, HEARTBEAT = "/v1/connector/quarantine", "/v1/connector/heartbeat"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SiteService]:
    with serving(SiteService(), tmp_path) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, service: SiteService) -> SiteFolder:
    return SiteFolder(tmp_path, service)


@pytest.fixture
def site(folder: SiteFolder) -> Iterator[Site]:
    with Site(load_config(folder.config), {}) as opened:
        yield opened


def run(folder: SiteFolder, command: str, *arguments: str) -> int:
    return main([command, "--config", str(folder.config), *arguments])


def stored(folder: SiteFolder) -> Secrets:
    return read_keystore(folder.folder / "keystore.json", folder.passphrase.read_text())


def serial(path: Path) -> datetime:
    return read_certificate(path).expires_at


def test_rotate_replaces_key_secret_and_certificate_at_once(folder: SiteFolder, service: SiteService) -> None:
    before, pem = stored(folder), (folder.folder / "client.crt").read_bytes()
    private = (folder.folder / "client.key").read_bytes()
    assert run(folder, "rotate") == 0
    after = stored(folder)
    assert after.api_key != before.api_key
    assert after.signing_secret != before.signing_secret
    assert after.previous is None, "the service has accepted the new ones"
    assert (folder.folder / "client.crt").read_bytes() != pem
    assert (folder.folder / "client.key").read_bytes() != private
    assert not list(folder.folder.glob("*.next"))
    del service.keys[before.api_key]
    folder.put("a.csv", FILE)
    assert run(folder, "sync", "--once") == 0
    assert run(folder, "check") == 0


def test_what_waits_in_the_queue_still_opens_after_two_rotations(
    folder: SiteFolder, service: SiteService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
    folder.put("a.csv", FILE)
    service.faults = [503] * 6
    assert run(folder, "sync", "--once") == 1
    assert run(folder, "rotate", "--only", "key") == 0
    assert run(folder, "rotate", "--only", "key") == 0
    assert run(folder, "sync", "--once") == 0
    assert len(service.payloads) == 1


def test_a_key_is_renewed_seven_days_before_its_end_by_the_sync_itself(
    folder: SiteFolder, service: SiteService
) -> None:
    before = stored(folder).api_key
    service.expires_at = datetime.now(UTC) + timedelta(days=7, minutes=5)
    assert run(folder, "sync", "--once") == 0
    assert stored(folder).api_key == before
    service.expires_at = datetime.now(UTC) + timedelta(days=7) - timedelta(minutes=5)
    assert run(folder, "sync", "--once") == 0
    assert stored(folder).api_key != before
    assert [path for _, path in service.requests].count(ROTATE_KEY) == 1
    assert run(folder, "sync", "--once") == 0
    assert [path for _, path in service.requests].count(ROTATE_KEY) == 1


@pytest.mark.parametrize(("days", "is_renewed"), [(31, False), (29, True)])
def test_a_certificate_is_renewed_thirty_days_before_its_end(
    tmp_path: Path, service: SiteService, days: int, is_renewed: bool
) -> None:
    folder = SiteFolder(tmp_path, service, to_days=days)
    before = serial(folder.folder / "client.crt")
    assert run(folder, "sync", "--once") == 0
    assert (serial(folder.folder / "client.crt") > before) is is_renewed
    assert run(folder, "sync", "--once") == 0


def test_the_loop_goes_on_with_the_new_certificate(tmp_path: Path, service: SiteService) -> None:
    folder = SiteFolder(tmp_path, service, to_days=20)
    with Site(load_config(folder.config), {}) as site:
        state = open_state(site.config, site.secrets)
        maintenance = Maintenance(site, state)
        first = maintenance.after_sync(Outcome(exit_status=0))
        second = maintenance.after_sync(Outcome(exit_status=0))
        state.close()
    assert first is second, "one renewal is enough"
    assert service.peer_serials[-1] != service.peer_serials[0]


@pytest.mark.parametrize("path", [ROTATE_KEY, ROTATE_CERTIFICATE])
def test_a_lost_answer_is_asked_for_again(folder: SiteFolder, service: SiteService, path: str) -> None:
    only = "key" if path == ROTATE_KEY else "certificate"
    before, pem = stored(folder), (folder.folder / "client.crt").read_bytes()
    service.lost = [path]
    assert run(folder, "rotate", "--only", only) == 1
    assert stored(folder) == before
    assert (folder.folder / "client.crt").read_bytes() == pem
    assert run(folder, "sync", "--once") == 0, "the old ones go on"
    assert run(folder, "rotate", "--only", only) == 0
    assert run(folder, "sync", "--once") == 0


def test_a_disk_that_is_full_at_the_wrong_moment_leaves_the_old_key(
    folder: SiteFolder, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(folder)

    monkeypatch.setattr("altscore_connector.files.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        rotation.rotate_key(site)
    monkeypatch.undo()
    assert stored(folder) == before
    assert run(folder, "rotate", "--only", "key") == 0


def test_after_a_crash_before_the_first_use_the_old_secrets_are_still_there(
    folder: SiteFolder, service: SiteService, site: Site
) -> None:
    before = stored(folder)
    rotation.rotate_key(site)
    after = stored(folder)
    assert after.previous == before
    assert run(folder, "sync", "--once") == 0
    assert stored(folder).previous is None
    assert stored(folder).api_key == after.api_key


def test_new_secrets_that_the_service_does_not_know_give_way_to_the_old_ones(
    folder: SiteFolder, service: SiteService, site: Site
) -> None:
    before = stored(folder)
    rotation.rotate_key(site)
    rotation.fall_back(site)
    rotation.rotate_key(site)
    assert site.secrets.api_key != before.api_key, "a second request replaces the unused successor"
    rotation.fall_back(site)
    del service.keys[stored(folder).api_key]
    assert run(folder, "sync", "--once") == 1, "what AltScore accepted could not be asked"
    assert stored(folder).api_key in service.keys
    assert run(folder, "sync", "--once") == 0


def test_a_refusal_with_another_cause_drops_neither(folder: SiteFolder, service: SiteService, site: Site) -> None:
    rotation.rotate_key(site)
    both = {site.secrets.api_key, site.secrets.previous.api_key if site.secrets.previous else ""}
    service.skew = timedelta(minutes=10)
    assert run(folder, "sync", "--once") == 1, "what AltScore accepted could not be asked"
    kept = stored(folder)
    assert kept.previous is not None
    assert {kept.api_key, kept.previous.api_key} == both
    service.skew = timedelta()
    assert run(folder, "sync", "--once") == 0
    assert stored(folder).previous is None


def test_a_key_that_another_copy_of_the_site_replaced_is_named(
    folder: SiteFolder, service: SiteService, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    before = stored(folder)
    assert run(folder, "rotate", "--only", "key") == 0
    write_keystore(folder.folder / "keystore.json", folder.passphrase.read_text(), before)
    assert run(folder, "rotate", "--only", "key") == 1
    assert "another copy of this site" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["key written", "answer written", "key renamed"])
def test_a_crash_inside_the_swap_of_the_certificate_leaves_a_pair_that_fits(
    folder: SiteFolder, service: SiteService, site: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    config = site.config.ingestion
    key_file, certificate_file = next_file(config.key_file), next_file(config.certificate_file)
    if step == "key written":
        service.lost = [ROTATE_CERTIFICATE]
    elif step == "answer written":
        service.lost = [QUARANTINE]
    else:
        monkeypatch.setattr(rotation, "swap", lambda pair: key_file.replace(pair.key_file))
        monkeypatch.setattr(site, "reconnect", lambda: None)
    if step == "key renamed":
        rotation.rotate_certificate(site)
        monkeypatch.undo()
        assert certificate_file.exists()
        assert not key_file.exists()
    else:
        with pytest.raises(DeliveryError):
            rotation.rotate_certificate(site)
        assert key_file.exists()
        assert certificate_file.exists() is (step == "answer written")
    assert run(folder, "sync", "--once") == 0
    assert run(folder, "rotate", "--only", "certificate") == 0
    assert run(folder, "check") == 0
    assert not list(folder.folder.glob("*.next"))


def test_a_swap_that_never_began_is_not_finished(site: Site) -> None:
    before = site.config.ingestion.certificate_file.read_bytes()
    finish_swap(site.config.ingestion)
    assert site.config.ingestion.certificate_file.read_bytes() == before


def test_the_certificate_of_another_key_is_not_taken(
    folder: SiteFolder, service: SiteService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = (folder.folder / "client.crt").read_text()
    monkeypatch.setattr(service, "certificate", lambda _csr: pem)
    assert run(folder, "rotate", "--only", "certificate") == 2
    assert "another key" in capsys.readouterr().err
    assert (folder.folder / "client.crt").read_text() == pem


def test_a_failed_renewal_of_the_key_does_not_stop_that_of_the_certificate(
    tmp_path: Path, service: SiteService
) -> None:
    folder = SiteFolder(tmp_path, service, to_days=20)
    before = serial(folder.folder / "client.crt")
    service.expires_at = datetime.now(UTC) + timedelta(days=1)
    service.lost = [ROTATE_KEY]
    assert run(folder, "sync", "--once") == 0
    assert serial(folder.folder / "client.crt") > before


def test_the_secrets_of_a_site_survive_writing_and_reading(tmp_path: Path) -> None:
    old = Secrets("k1", "s1", storage_secret="s0", api_key_expires_at=datetime(2026, 12, 1, tzinfo=UTC))
    whole = replace(old, api_key="k2", signing_secret="s2", previous=old)
    write_keystore(tmp_path / "k", "passphrase", whole)
    assert read_keystore(tmp_path / "k", "passphrase") == whole


STEPS = ("rotate", "answer of rotate lost", "answer of first use lost", "crash", "clock off", "sync", "disk full")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=7))
@example(["answer of first use lost", "clock off", "crash"])
@example(["answer of first use lost", "clock off", "rotate"])
def test_after_any_history_the_site_syncs_and_its_queue_opens(service: SiteService, steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
        service.installation = None  # another distributor's site in each history
        folder = SiteFolder(Path(name), service)
        folder.put("a.csv", FILE)
        service.faults = [503] * 6
        assert run(folder, "sync", "--once") == 1, "a batch waits in the queue"
        sent = len(service.payloads)
        for step in steps:
            live_through(step, folder, service)
        assert run(folder, "sync", "--once") == 0
        assert run(folder, "sync", "--once") == 0
        assert stored(folder).previous is None
        assert len(service.payloads) == sent + 1


def test_a_newer_key_that_was_set_aside_for_a_wrong_clock_is_used_again_and_can_be_renewed(
    tmp_path: Path, service: SiteService
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
        folder = SiteFolder(tmp_path, service)
        for step in ("answer of first use lost", "clock off"):
            live_through(step, folder, service)
        service.lost, service.faults, service.skew = [], [], timedelta(0)
        assert run(folder, "sync", "--once") == 0
        assert stored(folder).previous is None
        assert run(folder, "rotate", "--only", "key") == 0, "the service takes it for the newest"


def live_through(step: str, folder: SiteFolder, service: SiteService) -> None:
    """One event of a site's life; faults of the service end with it."""
    only = ("rotate", "--only", "key")
    if step == "crash":
        with Site(load_config(folder.config), {}) as site:
            rotation.rotate_key(site)
    elif step == "disk full":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("altscore_connector.files.os.fsync", full_disk)
            assert run(folder, *only) == 1
    else:
        service.lost = {"answer of rotate lost": [ROTATE_KEY], "answer of first use lost": [QUARANTINE]}.get(step, [])
        service.skew = timedelta(minutes=10 if step == "clock off" else 0)
        service.faults = [503] * 5 if step in ("clock off", "sync") else []  # the batch goes on waiting
        run(folder, *(("sync", "--once") if step in ("clock off", "sync") else only))
        service.lost, service.skew, service.faults = [], timedelta(), []


def full_disk(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("is_keystore_lost", [False, True])
def test_new_secrets_from_operations_are_a_way_back(
    folder: SiteFolder,
    service: SiteService,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_keystore_lost: bool,
) -> None:
    monkeypatch.setattr("altscore_connector.client._FIRST_PAUSE_S", 0.0)
    folder.put("a.csv", FILE)
    service.faults = [503] * 6
    assert run(folder, "sync", "--once") == 1
    service.keys.clear()
    key, secret = service.onboard()
    if is_keystore_lost:
        (folder.folder / "keystore.json").unlink()
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"api_key": key, "signing_secret": secret})))
    flags = ["--file", str(folder.folder / "keystore.json"), "--passphrase-file", str(folder.passphrase)]
    assert main(["keystore", *flags]) == 0
    if is_keystore_lost:
        assert run(folder, "sync", "--once") == 1
        assert "`resync` drops it" in capsys.readouterr().err
        assert run(folder, "resync", "--yes") == 0
    else:
        assert run(folder, "sync", "--once") == 0
    assert len(service.payloads) == 1
