"""The worker is given what its code uses, and no other secret (decision 99)."""

import ast
from pathlib import Path

from altscore_libs.settings import ParkedListenerSettings, RelaySettings
from altscore_notification.settings import WorkerSettings

SOURCES = sorted((Path(__file__).parents[1] / "src/altscore_notification").rglob("*.py"))


def test_every_setting_of_the_worker_is_read_by_its_code() -> None:
    of_libraries = {
        *ParkedListenerSettings.model_fields,
        *RelaySettings.model_fields,
    }  # read where the process, its port for admin and the relay open
    own = set(WorkerSettings.model_fields) - of_libraries
    read = {
        node.attr
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "settings"
    }
    assert own
    assert own - read == set()


def test_the_worker_that_has_the_settings_of_a_relay_opens_one() -> None:
    (main,) = [path for path in SOURCES if path.name == "main.py"]
    assert issubclass(WorkerSettings, RelaySettings)
    opened = [
        ast.unparse(node.args[0])
        for node in ast.walk(ast.parse(main.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "open_relay"
    ]
    assert opened == ["settings"]


def test_the_worker_sends_and_never_verifies_so_it_has_no_secret_of_incoming_deliveries() -> None:
    assert {"app_secret", "whatsapp_app_secret", "verify_token", "whatsapp_verify_token"}.isdisjoint(
        WorkerSettings.model_fields
    )
