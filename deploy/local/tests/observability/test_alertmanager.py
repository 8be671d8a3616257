"""Every alert has a receiver, what wakes somebody silences its tickets, and no secret stands in the file."""

import re
import subprocess
from typing import Any

import pytest
import yaml
from altscore_local.layout import cache_dir
from altscore_local.observability.paths import OBSERVABILITY, RULES

FILE = OBSERVABILITY / "alertmanager.yml"
AMTOOL = cache_dir() / "amtool-0.28.1" / "amtool"
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


@pytest.mark.skipif(not AMTOOL.exists(), reason="amtool 0.28.1 is not in the cache")
def test_amtool_takes_the_file() -> None:
    done = subprocess.run(
        [str(AMTOOL), "check-config", str(FILE)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 receivers" in done.stdout
