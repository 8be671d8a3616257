"""Who hears of an alert: Alertmanager's settings for one target, and whether amtool takes and routes them as meant.

A target has the routes and inhibitions of deploy/observability/alertmanager.yml. Of its receivers it has what somebody
gave an address or a password for: a file of the target's folder, under the name that alertmanager.yml mounts it by.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from altscore_local.files import PUBLIC, write_file
from altscore_local.layout import Layout
from altscore_local.observability.paths import OBSERVABILITY, RULES

FILE = OBSERVABILITY / "alertmanager.yml"
RECEIVER_OF = {"page": "pages", "ticket": "tickets"}
"""The receiver of each severity; an alert without one is a ticket."""
_MOUNTED_IN = "secrets/"
_TIMEOUT_S = 60


class ReceiversFailed(Exception):
    """amtool refuses the settings, or an alert would go elsewhere; the message says which."""


def addresses_folder(layout: Layout) -> Path:
    """Where a target keeps the addresses and passwords of its receivers, each a file."""
    return layout.secrets / "alerts"


def settings_for(folder: Path) -> dict[str, Any]:
    """The settings of a target whose addresses lie in that folder; what has no address is left out.

    Paths are absolute, for Alertmanager reads relative ones from its working directory.
    """
    settings: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    has_mail = _point_to(settings["global"], folder)
    if not has_mail:
        settings["global"] = {name: value for name, value in settings["global"].items() if not name.startswith("smtp_")}
    for receiver in settings["receivers"]:
        for kind in [name for name in receiver if name.endswith("_configs")]:
            kept = [
                each for each in receiver[kind] if _point_to(each, folder) and (has_mail or kind != "email_configs")
            ]
            receiver[kind] = kept
            if not kept:
                del receiver[kind]
    return settings


def _point_to(settings: dict[str, Any], folder: Path) -> bool:
    """Makes the paths of mounted files absolute; False when one is not there."""
    mounted = {
        name: folder / str(value).removeprefix(_MOUNTED_IN)
        for name, value in settings.items()
        if str(value).startswith(_MOUNTED_IN)
    }
    settings |= {name: str(path) for name, path in mounted.items()}
    return all(path.exists() for path in mounted.values())


def write_settings(layout: Layout) -> Path:
    """Writes what Alertmanager reads in this target; returns the file."""
    path = layout.run / "observability" / "alertmanager.yml"
    write_file(path, yaml.safe_dump(settings_for(addresses_folder(layout)), sort_keys=False), mode=PUBLIC)
    return path


def silent_receivers(layout: Layout) -> list[str]:
    """Receivers of this target that tell nobody, since no address was given."""
    receivers = settings_for(addresses_folder(layout))["receivers"]
    return [str(receiver["name"]) for receiver in receivers if len(receiver) == 1]


def check_receivers(amtool: Path, file: Path = FILE) -> int:
    """Checks that the settings can be loaded and that every alert goes to its severity's receiver.

    Returns:
        How many alerts were routed.

    Raises:
        ReceiversFailed: one is not.
    """
    _run(amtool, ["check-config", str(file)])
    alerts = _alerts()
    if not alerts:
        raise ReceiversFailed(f"no alert in {RULES}")
    for labels in {tuple(sorted(each.items())) for each in (*alerts, {"alertname": "Unknown"})}:
        expected = RECEIVER_OF[dict(labels).get("severity", "ticket")]
        texts = [f"{name}={value}" for name, value in labels]
        _run(amtool, ["config", "routes", "test", f"--config.file={file}", f"--verify.receivers={expected}", *texts])
    return len(alerts)


def _alerts() -> list[dict[str, str]]:
    """Name and severity of every alert of the rules."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(RULES.glob("*.yml"))]
    rules: list[Mapping[str, Any]] = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    return [
        {"alertname": str(rule["alert"]), "severity": str(rule["labels"]["severity"])}
        for rule in rules
        if "alert" in rule
    ]


def _run(amtool: Path, arguments: list[str]) -> None:
    done = subprocess.run([str(amtool), *arguments], capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    if done.returncode:
        raise ReceiversFailed(f"{' '.join(arguments)}\n{(done.stdout + done.stderr)[-3_000:]}")
