"""Addresses of alerts' receivers: what the mounted folder holds, private, and nothing that it no longer holds."""

from pathlib import Path

import yaml
from altscore_compose.files import copy_addresses
from altscore_local.layout import Layout
from altscore_local.observability import receivers


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_addresses_are_copied_private_and_go_when_they_are_taken_away(tmp_path: Path) -> None:
    layout, mounted = Layout(tmp_path), tmp_path / "alerts"
    folder = receivers.addresses_folder(layout)
    copy_addresses(layout)
    assert names(folder) == set()

    mounted.mkdir()
    (mounted / "page-webhook-url").write_text("http://relay.altscore.internal/?token=x")
    copy_addresses(layout)
    assert names(folder) == {"page-webhook-url"}
    assert (folder / "page-webhook-url").stat().st_mode & 0o777 == 0o600
    settings = yaml.safe_load(receivers.write_settings(layout).read_text())
    assert settings["receivers"][0]["webhook_configs"][0]["url_file"] == str(folder / "page-webhook-url")

    (mounted / "page-webhook-url").unlink()
    copy_addresses(layout)
    assert names(folder) == set()
