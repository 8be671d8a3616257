"""Every image that is built is described, and a missing description is a failure."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from altscore_local.layout import ROOT, Layout

IMAGES = ROOT / "deploy" / "images"


@pytest.fixture
def supplychain(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("image_supplychain", IMAGES / "supplychain.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def built() -> set[str]:
    """Images that build.sh knows how to build."""
    text = (IMAGES / "build.sh").read_text(encoding="utf-8")
    [services] = re.findall(r"^services=\((.+)\)$", text, re.MULTILINE)
    [ours] = re.findall(r'^    ours\) .*"\$\{services\[@\]\}" ([a-z -]+); for', text, re.MULTILINE)
    [local] = re.findall(r"^    local\) .*set -- ([a-z0-9 -]+); for", text, re.MULTILINE)
    variants = re.findall(r"^        ([a-z]+-[a-z]+)\) build", text, re.MULTILINE)
    assert variants == ["pipelines-spark"]
    return {*services.split(), *ours.split(), *variants, *(f"local-{name}" for name in local.split())}


def test_the_images_that_are_described_are_those_that_are_built(supplychain: ModuleType) -> None:
    assert len(built()) > 15
    assert set(supplychain.images()) == built()


@pytest.mark.parametrize("name", ["postgres", "redis", "prometheus"])
def test_a_stand_in_of_debians_packages_names_them(supplychain: ModuleType, name: str) -> None:
    components = supplychain.stand_ins.document(name)["components"]
    assert [part["purl"] for part in components if part["purl"].startswith("pkg:deb/debian/")]


def test_an_image_without_a_document_is_named_and_fails(
    supplychain: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supplychain, "locks", dict)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # nothing of Kafka, the registry and the object store

    assert supplychain.write_sboms(Layout(tmp_path)) == 1

    output = capsys.readouterr()
    assert "sbom: 3 of 7 images described in 3 documents" in output.out
    for name in ("kafka", "registry", "s3", "alertmanager"):
        assert f"sbom: local-{name} has none" in output.err
    written = {path.name for path in (tmp_path / "var" / "sbom").iterdir()}
    assert written == {f"local-{name}.cdx.json" for name in ("postgres", "redis", "prometheus")}
    assert json.loads((tmp_path / "var/sbom/local-redis.cdx.json").read_text())["bomFormat"] == "CycloneDX"
