"""Ports and files of a clone."""

from pathlib import Path

import pytest
from altscore_local.files import Stamp, identity_of, secret, write_file
from altscore_local.layout import PORTS, Layout, keep_offset, open_layout


def test_an_offset_moves_every_port_and_is_kept_for_later_commands(tmp_path: Path) -> None:
    keep_offset(open_layout(tmp_path, {"ALTSCORE_PORT_OFFSET": "400"}))

    later = open_layout(tmp_path, {})

    assert {name: later.port(name) - port for name, port in PORTS.items()} == dict.fromkeys(PORTS, 400)


def test_another_offset_in_the_environment_moves_nothing_that_is_kept_and_writes_nothing(tmp_path: Path) -> None:
    keep_offset(open_layout(tmp_path, {"ALTSCORE_PORT_OFFSET": "400"}))
    kept = tmp_path / "var" / "port_offset.json"
    before = (kept.read_text(), kept.stat().st_mtime_ns)

    assert open_layout(tmp_path, {"ALTSCORE_PORT_OFFSET": "3400"}).port_offset == 400
    assert (kept.read_text(), kept.stat().st_mtime_ns) == before


def test_opening_a_clone_writes_nothing(tmp_path: Path) -> None:
    assert open_layout(tmp_path, {"ALTSCORE_PORT_OFFSET": "400"}).port_offset == 400
    assert list(tmp_path.iterdir()) == []


def test_ports_are_distinct() -> None:
    assert len(set(PORTS.values())) == len(PORTS)


@pytest.mark.parametrize("offset", ["12000", "-20500", "ten", ""])
def test_an_offset_into_foreign_ranges_is_refused(tmp_path: Path, offset: str) -> None:
    with pytest.raises(SystemExit):
        open_layout(tmp_path, {"ALTSCORE_PORT_OFFSET": offset})

    assert open_layout(tmp_path, {}).port_offset == 0


def test_a_secret_is_made_once_and_is_private(clone: Layout) -> None:
    first = secret(clone, "something")

    assert secret(clone, "something") == first
    assert (clone.secrets / "something").stat().st_mode & 0o777 == 0o600


def test_an_equal_file_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"

    assert write_file(path, "a")
    assert not write_file(path, "a")
    assert write_file(path, "b")


def test_a_stamp_speaks_for_its_inputs_alone(tmp_path: Path) -> None:
    source, stamp = tmp_path / "source", tmp_path / "stamp"
    source.write_text("1")
    Stamp(stamp, [source]).set()

    assert Stamp(stamp, [source]).is_current()
    source.write_text("2")
    assert not Stamp(stamp, [source]).is_current()


def test_a_second_instance_of_a_clone_has_its_own_folder_and_offset(tmp_path: Path) -> None:
    keep_offset(open_layout(tmp_path, {"ALTSCORE_VAR": "var-test", "ALTSCORE_PORT_OFFSET": "500"}))
    assert open_layout(tmp_path, {}).port_offset == 0
    second = open_layout(tmp_path, {"ALTSCORE_VAR": "var-test"})
    assert (second.port_offset, second.var) == (500, tmp_path / "var-test")
    with pytest.raises(SystemExit):
        open_layout(tmp_path, {"ALTSCORE_VAR": "../elsewhere"})


def test_addresses_and_the_host_to_listen_on_are_settings(tmp_path: Path) -> None:
    here = open_layout(tmp_path, {})
    there = open_layout(
        tmp_path, {"ALTSCORE_HOST_PATTERN": "{name}.zone.internal", "ALTSCORE_LISTEN_HOST": "192.0.2.7"}
    )

    assert (here.address("s3"), here.listen_host) == (f"127.0.0.1:{PORTS['s3']}", "127.0.0.1")
    assert (there.address("s3"), there.listen_host) == (f"s3.zone.internal:{PORTS['s3']}", "192.0.2.7")
    assert there.hosts_of("score") == ["score.zone.internal"]
    assert there.hosts_of("webhook") == ["webhook-worker.zone.internal", "webhook.zone.internal"]
    assert there.host("score-internal") == there.host("score") == "score.zone.internal"


def test_a_step_never_counts_as_done_for_a_store_that_lies_elsewhere(tmp_path: Path) -> None:
    known, absent = tmp_path / "identity", tmp_path / "elsewhere"
    known.write_bytes(b"1")

    assert identity_of(known) == identity_of(known) == b"1"
    assert identity_of(absent) != identity_of(absent)
