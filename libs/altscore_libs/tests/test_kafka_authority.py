"""Clients of Kafka are made anew when the authority of the brokers changes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from altscore_libs import kafka
from altscore_libs.kafka import RELOAD_S, RenewedClient
from altscore_libs.settings import KafkaSettings
from pydantic import SecretStr


def new_authority(file: Path) -> None:
    """Writes a self-signed authority, as the local stack's openssl makes them."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl is installed by make setup"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    files = ["-subj", "/CN=brokers", "-keyout", str(file.with_suffix(".key")), "-out", str(file)]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=30)


@pytest.fixture
def settings(tmp_path: Path) -> KafkaSettings:
    new_authority(tmp_path / "ca.pem")
    return KafkaSettings.model_construct(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="u",
        kafka_password=SecretStr("p"),
        kafka_ca_file=tmp_path / "ca.pem",
    )


def test_a_client_is_made_anew_only_when_the_authority_has_changed(settings: KafkaSettings) -> None:
    now_s = [0.0]
    renewed = RenewedClient(settings, kafka.producer, monotonic=lambda: now_s[0])
    assert renewed.take() is None
    new_authority(settings.kafka_ca_file)
    assert renewed.take() is None, "the file is not read for every batch"
    now_s[0] += RELOAD_S
    assert renewed.take() is not None
    now_s[0] += RELOAD_S
    assert renewed.take() is None


def test_a_damaged_authority_changes_nothing_and_is_tried_again(settings: KafkaSettings) -> None:
    now_s = [0.0]
    renewed = RenewedClient(settings, kafka.producer, monotonic=lambda: now_s[0])
    settings.kafka_ca_file.write_text("half of a file")
    now_s[0] += RELOAD_S
    assert renewed.take() is None
    new_authority(settings.kafka_ca_file)
    now_s[0] += RELOAD_S
    assert renewed.take() is not None
