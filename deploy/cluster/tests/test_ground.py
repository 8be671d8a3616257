"""How busy the machine is, as its kernel tells it."""

from pathlib import Path

from altscore_cluster.ground import waiting_percent

PRESSURE = """some avg10=62.56 avg60=80.27 avg300=60.41 total=26765951235
full avg10=0.00 avg60=0.00 avg300=0.00 total=0
"""


def test_the_share_that_waited_for_a_processor_is_the_kernels(tmp_path: Path) -> None:
    file = tmp_path / "cpu"
    file.write_text(PRESSURE, encoding="utf-8")
    assert waiting_percent(file) == 62.56


def test_a_kernel_that_tells_no_pressure_keeps_nobody_waiting(tmp_path: Path) -> None:
    assert waiting_percent(tmp_path / "cpu") == 0.0
