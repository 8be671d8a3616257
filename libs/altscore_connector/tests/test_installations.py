"""One computer sends; a second one says so and sends nothing, until a person lets it take over."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from altscore_connector import installation_id as installations
from altscore_connector.cli import main
from altscore_connector.errors import ConfigError
from altscore_connector.installation_id import FILE_NAME, installation_id, shown

from .site_service import SiteFolder, SiteService, serving

FILE = "Invoice No,Invoice Date,Party,Amount\nA-1,01-07-2026,Om Traders,500.00\n"
NAME = "invoices_complete_2026-07.csv"
SYNC, STATUS = ("sync", "--once"), ("status",)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SiteService]:
    folder = tmp_path / "service"
    folder.mkdir()
    with serving(SiteService(), folder) as service:
        yield service


@pytest.fixture
def site(tmp_path: Path, service: SiteService) -> SiteFolder:
    """A site that has sent one file."""
    site = SiteFolder(tmp_path / "first", service)
    site.put(NAME, FILE)
    assert run(site, *SYNC) == 0
    return site


def run(site: SiteFolder | Path, *command: str) -> int:
    config = site if isinstance(site, Path) else site.config
    return main([*command, "--config", str(config)])


def copied(site: SiteFolder, to: Path) -> Path:
    """The configuration of a copy of the whole folder, as somebody makes it for a second computer."""
    shutil.copytree(site.folder, to)
    return to / "connector.toml"


def test_a_copy_of_the_folder_sends_nothing_and_says_in_both_languages_who_sends_and_what_to_do(
    tmp_path: Path, site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, before = copied(site, tmp_path / "copy"), len(service.payloads)
    (tmp_path / "copy" / "drop" / NAME).write_text(FILE.replace("500", "900"))
    capsys.readouterr()
    assert run(copy, *SYNC) == 1
    error = capsys.readouterr().err
    own, other = shown(installation_id(tmp_path / "copy" / "keystore.json")), shown(service.installation_id)
    for text in (other, own, "last on ", " IST", "take-over", "भेजता है", "रोक दिया जाएगा"):
        assert text in error
    assert (len(service.payloads), own == other) == (before, False)
    assert ("GET", "/v1/connector/records") not in service.requests
    assert run(copy, *STATUS) == 1
    assert "queue: 0 batches" in capsys.readouterr().out, "who is refused reads nothing"


def test_status_tells_either_computer_which_one_sends_and_which_was_refused(
    tmp_path: Path, site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(site, *STATUS) == 0
    assert f"installation {shown(service.installation_id)} (this one) sends, last on" in capsys.readouterr().out
    copy = copied(site, tmp_path / "copy")
    assert run(copy, *SYNC) == 1
    assert run(copy, *STATUS) == 1
    told = capsys.readouterr().out
    assert "another installation of the connector" in told
    assert "दूसरा इंस्टॉलेशन" in told
    assert run(site, *STATUS) == 3
    told = capsys.readouterr().out
    assert f"another installation ({shown(installation_id(copy.with_name('keystore.json')))}) was refused on" in told
    assert "वहाँ कनेक्टर बंद करें" in told


def test_check_tells_that_another_installation_sends_and_makes_nothing(
    tmp_path: Path, site: SiteFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(site, "check") == 0
    assert "No other installation" in capsys.readouterr().out
    copy = copied(site, tmp_path / "copy")
    copy.with_name(FILE_NAME).unlink()
    assert run(copy, "check") == 1
    assert "sends, last on" in capsys.readouterr().out
    assert run(copy, "check", "--language", "hi") == 1
    assert "पिछली बार" in capsys.readouterr().out
    assert not copy.with_name(FILE_NAME).exists()


def test_a_takeover_is_asked_for_and_then_the_other_computer_is_the_one_that_is_refused(
    tmp_path: Path, site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = copied(site, tmp_path / "copy")
    (tmp_path / "copy" / "drop" / NAME).write_text(FILE.replace("500", "900"))
    first = service.installation_id
    assert run(copy, "take-over") == 2
    assert "nobody is here to answer" in capsys.readouterr().err
    assert service.installation_id == first
    assert run(copy, "take-over", "--yes") == 0
    told = capsys.readouterr().out
    assert f"installation {shown(first)} sends now, last on" in told
    assert service.installation_id == installation_id(copy.with_name("keystore.json"))
    assert service.payloads[-1]["invoices"][0]["amount_inr"] == 900
    assert run(site, *SYNC) == 1
    assert run(copy, *SYNC) == 0
    assert run(site, "take-over", "--yes") == 0
    assert service.installation_id == first


def test_who_sends_already_takes_nothing_over_and_syncs(
    site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    before = service.installation_id
    assert run(site, "take-over", "--yes") == 0
    assert "nothing to take over" in capsys.readouterr().out
    assert (service.installation_id, ("POST", "/v1/connector/installation") in service.requests) == (before, False)


def test_a_takeover_between_question_and_batch_keeps_the_batch_in_the_queue_and_sends_nothing(
    tmp_path: Path, site: SiteFolder, service: SiteService, capsys: pytest.CaptureFixture[str]
) -> None:
    site.put(NAME, FILE.replace("500", "700"))
    answer = service._act

    def taken_over_after_the_question(path: str, target: str, *, key: str, body: bytes) -> object:
        reply = answer(path, target, key=key, body=body)
        if path.endswith("/sequence") and service.installation is not None:
            service.installation["installation_id"] = f"ins_{'9' * 32}"
        return reply

    before = len(service.payloads)
    service._act = taken_over_after_the_question  # type: ignore[method-assign,assignment]
    assert run(site, *SYNC) == 1
    assert "another installation" in capsys.readouterr().err
    assert len(service.payloads) == before
    assert run(site, *STATUS) == 1
    assert "queue: 1 batches" in capsys.readouterr().out


@pytest.mark.parametrize("lost", ["state.sqlite", "state.sqlite.status.json"])
def test_a_lost_memory_is_the_same_installation(site: SiteFolder, service: SiteService, lost: str) -> None:
    before = service.installation_id
    for path in site.folder.glob(f"{lost}*"):
        path.unlink()
    assert run(site, *SYNC) == 0
    assert service.installation_id == before


def test_a_service_of_before_tells_no_installation_and_everything_goes_on(
    site: SiteFolder, service: SiteService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_installation", lambda *_: (404, {"code": "NOT_FOUND"}))
    assert run(site, *STATUS) == 0
    assert run(site, "take-over", "--yes") == 0


def test_the_folder_and_the_computer_make_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keystore = tmp_path / "a" / "keystore.json"
    keystore.parent.mkdir()
    monkeypatch.setattr(installations, "_computer", lambda: "one")
    here = installation_id(keystore)
    assert installation_id(keystore) == here
    shutil.copytree(keystore.parent, tmp_path / "b")
    assert installation_id(tmp_path / "b" / "keystore.json") != here
    (tmp_path / "link").symlink_to(keystore.parent)
    assert installation_id(tmp_path / "link" / "keystore.json") == here
    monkeypatch.setattr(installations, "_computer", lambda: "another")
    assert installation_id(keystore) != here


def test_the_identifier_tells_neither_computer_nor_path_and_its_seed_is_the_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installations, "_computer", lambda: "")
    first, second = (installation_id(tmp_path / name / "keystore.json") for name in folders_of(tmp_path, "a", "b"))
    assert first != second
    assert len(first) == len("ins_") + 32
    assert (tmp_path / "a" / FILE_NAME).stat().st_mode & 0o077 == 0


def folders_of(folder: Path, *names: str) -> tuple[str, ...]:
    for name in names:
        (folder / name).mkdir()
    return names


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seed": 7}', '{"seed": ""}'])
def test_a_damaged_seed_is_named_and_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(ConfigError, match=r"installation\.json is damaged"):
        installation_id(tmp_path / "keystore.json")
    assert (tmp_path / FILE_NAME).read_text() == content
