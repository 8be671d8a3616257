"""Every alert has a receiver, what wakes somebody silences its tickets, and no secret stands in the file."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from altscore_local.layout import Layout
from altscore_local.observability import receivers
from altscore_local.observability.paths import RULES
from altscore_local.observability.programs import find_program
from altscore_local.observability.receivers import FILE

AMTOOL = find_program("amtool")
NEEDS_AMTOOL = pytest.mark.skipif(AMTOOL is None, reason="no amtool in the cache: `make check` builds it where it can")
SETTINGS: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
MATCHER = re.compile(r'(\w+) (=|!=) "([^"]+)"')


def severities() -> set[str]:
    """Of all rules."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES.glob("*.yml")]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule]
    assert len(rules) > 20
    return {rule["labels"]["severity"] for rule in rules}


def test_every_severity_has_a_route_of_its_own() -> None:
    routes = SETTINGS["route"]["routes"]
    routed = {matcher[3] for route in routes for text in route["matchers"] if (matcher := MATCHER.fullmatch(text))}
    assert routed == severities() == {"page", "ticket"}


def test_every_receiver_that_a_route_names_exists_and_sends() -> None:
    receivers = {each["name"]: each for each in SETTINGS["receivers"]}
    routes = [SETTINGS["route"], *SETTINGS["route"]["routes"]]
    assert {route["receiver"] for route in routes} == set(receivers)
    for receiver in receivers.values():
        assert receiver.get("webhook_configs") or receiver.get("email_configs")


def test_secrets_are_files() -> None:
    text = FILE.read_text(encoding="utf-8")
    for key, value in re.findall(r"^\s*(?:- )?(\w*(?:password|url|key|token)\w*): (.+)$", text, re.MULTILINE):
        assert key.endswith("_file"), key
        assert value.startswith("secrets/")
    assert len(re.findall(r"_file: secrets/", text)) == 3
    assert "://" not in text


def test_a_page_silences_its_own_tickets_alone() -> None:
    rules = SETTINGS["inhibit_rules"]
    assert len(rules) == 2
    for rule in rules:
        assert rule["equal"], "without it one alert would silence the whole fleet"
        assert all(MATCHER.fullmatch(text) for text in (*rule["source_matchers"], *rule["target_matchers"]))
        assert not any('severity = "page"' in text for text in rule["target_matchers"])


@NEEDS_AMTOOL
def test_amtool_takes_the_file_and_routes_every_alert_to_the_receiver_of_its_severity() -> None:
    assert AMTOOL is not None
    assert receivers.check_receivers(AMTOOL) > 50


@NEEDS_AMTOOL
@pytest.mark.parametrize(
    ("right", "wrong"), [("receiver: pages\n", "receiver: tickets\n"), ("group_wait:", "group_wiat:")]
)
def test_settings_that_send_a_page_elsewhere_or_cannot_be_read_are_refused(
    tmp_path: Path, right: str, wrong: str
) -> None:
    assert AMTOOL is not None
    changed = tmp_path / "alertmanager.yml"
    changed.write_text(FILE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    with pytest.raises(receivers.ReceiversFailed):
        receivers.check_receivers(AMTOOL, changed)


@NEEDS_AMTOOL
@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        ((), {"pages": set(), "tickets": set()}),
        (("ticket-webhook-url",), {"pages": set(), "tickets": {"webhook_configs"}}),
        (("page-webhook-url", "smtp-password"), {"pages": {"webhook_configs", "email_configs"}, "tickets": set()}),
    ],
)
def test_a_target_has_the_same_routes_and_the_receivers_whose_addresses_it_was_given(
    clone: Layout, files: tuple[str, ...], kinds: dict[str, set[str]]
) -> None:
    assert AMTOOL is not None
    folder = receivers.addresses_folder(clone)
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_text("http://127.0.0.1:9/")
    path = receivers.write_settings(clone)
    written = yaml.safe_load(path.read_text())
    assert {each["name"]: set(each) - {"name"} for each in written["receivers"]} == kinds
    assert receivers.silent_receivers(clone) == [name for name, configs in kinds.items() if not configs]
    assert (written["route"], written["inhibit_rules"]) == (SETTINGS["route"], SETTINGS["inhibit_rules"])
    named = re.findall(r"_file: (\S+)", path.read_text())
    assert sorted(named) == sorted(str(folder / name) for name in files)
    assert receivers.check_receivers(AMTOOL, path) > 50
