"""Our images on a real engine: how large they are, what they say of themselves, and that nothing left out is missed."""

import json
import os
import re
from pathlib import Path

import pytest

from .conftest import IMAGES, ROOT, SERVICES, Target

pytestmark = pytest.mark.containers
CONFINED = ("--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")
LIMIT_MB = 250
OTHER_LIMITS_MB = {
    # No service: what a person starts to make a model, with SciPy, scikit-learn and MLflow's client.
    "training": 425,
    "pipelines": 900,
    # Spark's jars and a Java beside it.
    "pipelines-spark": 1_200,
}
TRAINING = ("train", "train-table", "evaluate", "reasons", "register")


def tag(name: str) -> str:
    """Where build.sh puts an image."""
    return f"altscore/{name}:{os.environ.get('ALTSCORE_TAG', 'local')}"


def run(images: Target, name: str, program: str, *options: str, environment: str = "altscore") -> str:
    """Output of a program beside this file, in a container that may do next to nothing."""
    text = Path(__file__).with_name(program).read_text(encoding="utf-8")
    python = ("--entrypoint", f"/opt/{environment}/bin/python", tag(name), "-c", text)
    return images.run("docker", "run", *CONFINED, *options, *python)


@pytest.mark.parametrize("name", [*IMAGES, "pipelines", "pipelines-spark"])
def test_an_image_is_as_small_as_was_promised(images: Target, name: str) -> None:
    size = int(images.run("docker", "image", "inspect", "--format", "{{.Size}}", tag(name)))

    assert 0 < size <= 1_000_000 * OTHER_LIMITS_MB.get(name, LIMIT_MB), f"{size / 1_000_000:.1f} MB"


@pytest.mark.parametrize("name", [*IMAGES, "tools"])
def test_an_image_is_labelled_runs_as_nobody_special_and_has_no_history_of_secrets(images: Target, name: str) -> None:
    [image] = json.loads(images.run("docker", "image", "inspect", tag(name)))
    assert image["Config"]["User"] == ("10030:10000" if name == "witness" else "10000:10000")
    assert image["Config"]["Labels"]["org.opencontainers.image.title"] == f"altscore-{name}"
    assert image["Config"]["Entrypoint"][0].startswith("/opt/"), "an entry point in exec form"


@pytest.mark.parametrize("name", [*SERVICES, "training"])
def test_a_service_loads_all_of_itself_with_what_its_image_has_left_of_the_libraries(images: Target, name: str) -> None:
    assert int(run(images, name, "load_everything.py")) > 50


def test_the_image_admin_draws_a_report_in_english_and_hindi_without_a_place_to_write_but_tmp(images: Target) -> None:
    drawn = run(images, "admin", "draw_report.py").split()

    assert drawn == ["%PDF-", "Noto-Sans", "Noto-Sans-Bold", "Noto-Sans-Devanagari"]


def test_the_image_audit_writes_an_export_and_knows_it_again(images: Target) -> None:
    assert run(images, "audit", "write_export.py").split() == ["500", "PAR1", "PAR1"]


@pytest.mark.parametrize("name", ["scoring", "training"])
def test_the_worker_reads_gold_loads_a_model_and_explains_as_xgboost_does(images: Target, name: str) -> None:
    explained = json.loads(run(images, name, "explain_scores.py"))

    assert explained["rows"] == 500
    assert explained["off_xgboost"] < 1e-5
    assert explained["off_margin"] < 1e-5


@pytest.mark.parametrize(("name", "offers"), [("scoring", False), ("training", True)])
def test_models_are_trained_in_an_image_of_their_own(images: Target, name: str, offers: bool) -> None:
    shown = images.run("docker", "run", *CONFINED, tag(name), "--help")

    assert "worker" in shown
    assert {command for command in TRAINING if f"    {command} " in shown} == (set(TRAINING) if offers else set())


def test_spark_in_its_image_makes_the_same_gold_of_bronze_as_duckdb(images: Target) -> None:
    # Spark looks its own host up, and without a network nothing else knows it; its libraries are loaded from /tmp.
    options = ("--hostname", "localhost", "--tmpfs", "/tmp:exec", "--volume", f"{ROOT}/pipelines/tests:/tests:ro")

    compared = json.loads(run(images, "pipelines-spark", "run_lake.py", *options, environment="lake"))

    assert compared["retailers"] == 3
    assert compared["columns"][0] > 50
    assert compared["gaps"] == []


def test_a_traceback_names_file_and_line_of_a_library_that_has_no_source(images: Target) -> None:
    lines = (
        "import json, traceback",
        "try:",
        "    json.loads('{')",
        "except ValueError:",
        "    print(traceback.format_exc())",
    )
    python = ("--entrypoint", "/opt/altscore/bin/python", tag("score"), "-c", "\n".join(lines))

    shown = images.run("docker", "run", *CONFINED, *python)

    assert re.search(r'File "/usr\S*/json/decoder\.py", line \d+, in raw_decode', shown)
