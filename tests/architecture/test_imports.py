"""Who may import whom, as far as the import contracts of pyproject.toml cannot say it."""

import ast
from pathlib import Path

from .conftest import ROOT, SERVICES, product_sources, tracked

OURS = {*(f"altscore_{name}" for name in SERVICES), "altscore_libs", "altscore_connector", "altscore_pipelines"}
VERIFIERS = {"altscore_audit_verifier", "altscore_consent_verifier"}
# Four services read GSTINs and phones; readers that differ would tell one retailer from another. Five act on the
# vault's certificates; readers that differ would forget different ids.
BUSINESS_MODULES = {"identifiers.py", "erasures.py", "testing_erasures.py"}
BUSINESS_WORDS = ("retailer", "lender", "consent", "invoice", "loan", "credit", "tally", "whatsapp", "gstin")


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_libs_know_no_word_of_the_business(root: Path) -> None:
    everything = sorted((root / "libs/altscore_libs/src").rglob("*.py"))
    sources = [path for path in everything if path.name not in BUSINESS_MODULES]
    assert sources
    assert len(everything) - len(sources) == len(BUSINESS_MODULES)
    offences = [
        f"{path.relative_to(root)}: {term}"
        for path in sources
        for term in BUSINESS_WORDS
        if term in path.read_text(encoding="utf-8").lower()
    ]
    assert not offences


def test_the_kafka_producer_is_imported_in_one_module() -> None:
    importers = [
        path.relative_to(ROOT).as_posix()
        for path in product_sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("confluent_kafka")
        and any(alias.name.endswith("Producer") for alias in node.names)
    ]
    assert importers == ["libs/altscore_libs/src/altscore_libs/kafka.py"]


def test_simulators_share_no_code_with_the_product() -> None:
    simulators = [path for path in tracked(".py") if "tests/simulators/simulators_" in path.as_posix()]
    assert simulators
    assert not [path for path in simulators if imported(path) & (OURS | VERIFIERS)]
