"""What holds for every Terraform file, whether or not terraform is installed here."""

import re
from pathlib import Path

import pytest

from .conftest import ROOT, tracked

TERRAFORM = ROOT / "infra/terraform"
MODULES = sorted(path for path in (TERRAFORM / "modules").iterdir() if path.is_dir())
INDIAN = {"ap-south-1", "ap-south-2"}
# Where "every resource" is the meaning: key policies (the key itself) and refusals.
ANY_RESOURCE = {
    "modules/distributor/main.tf": "the policy of a key names the key by *",
    "modules/keys/main.tf": "the policy of a key names the key by *",
    "modules/guard/main.tf": "refusals of the organisation",
    "modules/iam/main.tf": "a refusal of other regions in the upper bound",
}


def sources() -> list[Path]:
    """Every Terraform file of ours, tests among them."""
    return [path for path in tracked(".tf", ".hcl", ".tftpl") if path.is_relative_to(TERRAFORM)]


def named(path: Path) -> str:
    """Path below infra/terraform."""
    return path.relative_to(TERRAFORM).as_posix()


def uses(module: Path, provider: str) -> bool:
    """Whether a module asks for a provider."""
    return f"hashicorp/{provider}" in (module / "versions.tf").read_text(encoding="utf-8")


def test_no_file_names_the_address_of_a_provider_registry() -> None:
    # A lock file of Terraform holds that address, so versions are pinned in required_providers instead.
    address = re.compile("registry" + r"\.terraform|releases\.hashicorp")
    files = tracked(".tf", ".hcl", ".json", ".yaml", ".md", ".py", "Makefile")
    assert len(sources()) > 100
    assert [path for path in files if address.search(path.read_text(encoding="utf-8"))] == []
    assert [path for path in sources() if path.name == ".terraform.lock.hcl"] == []


@pytest.mark.parametrize("path", [path for path in sources() if path.name == "versions.tf"], ids=named)
def test_a_provider_has_one_exact_version(path: Path) -> None:
    versions = re.findall(r'^\s+version\s+= "([^"]+)"', path.read_text(encoding="utf-8"), re.M)
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_a_module_refuses_a_region_abroad_and_a_test_tries_it(module: Path) -> None:
    assert len(MODULES) > 25
    if uses(module, "azurerm"):
        text = (module / "variables.tf").read_text(encoding="utf-8")
        assert 'var.location == "centralindia"' in text or "centralindia" in (module / "main.tf").read_text()
        return
    if not uses(module, "aws"):
        return
    versions = (module / "versions.tf").read_text(encoding="utf-8")
    assert 'contains(["ap-south-1", "ap-south-2"], self.name)' in versions
    if module.name == "kafka-users":  # no mock provider knows its ephemeral resource; it is applied on the stand-in
        assert "modules/kafka-users" in (TERRAFORM / "stand-in/main.tf").read_text(encoding="utf-8")
        return
    tests = (TERRAFORM / "tests" / f"{module.name}.tftest.hcl").read_text(encoding="utf-8")
    assert "aws = aws.abroad" in re.sub(r" +", " ", tests)
    assert "expect_failures = [data.aws_region.current]" in tests


@pytest.mark.parametrize("path", sources(), ids=named)
def test_a_region_that_is_named_is_indian(path: Path) -> None:
    if path.parent.name == "aws-abroad" or path.name in {"network.tftest.hcl", "guard.tftest.hcl"}:
        return
    text = "\n".join(line.split("#")[0] for line in path.read_text(encoding="utf-8").splitlines())
    regions = set(re.findall(r"\b(?:us|eu|ap|sa|ca|me|af|il|cn|mx)-[a-z]+-\d\b", text))
    assert regions <= INDIAN


@pytest.mark.parametrize("path", [path for path in sources() if "tests" not in path.parts], ids=named)
def test_no_policy_allows_every_action_or_resource_without_a_reason(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    statements = re.findall(r"\{[^{}]*Effect\s*=\s*\"Allow\"[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", text)
    assert [
        statement for statement in statements if re.search(r"Action\s*=\s*\[?\s*\"(\*|[a-z0-9-]+:\*)\"", statement)
    ] == []
    if re.search(r"Resource\s*=\s*\[?\s*\"\*\"", text):
        assert named(path) in ANY_RESOURCE


@pytest.mark.parametrize("path", [path for path in sources() if path.name == "variables.tf"], ids=named)
def test_a_variable_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\nvariable ") + text.startswith("variable ") == len(re.findall(r"^  description = ", text, re.M))


def kind_of(module: Path) -> str:
    """Which of the four kinds of versions.tf a module has."""
    if uses(module, "azurerm"):
        return "azurerm"
    if not uses(module, "aws"):
        return "none"
    return "aws with copies" if "aws.hyderabad" in (module / "versions.tf").read_text(encoding="utf-8") else "aws"


def test_modules_of_one_kind_have_the_same_versions_file() -> None:
    # Terraform has no include; a module on its own must still refuse a region abroad.
    by_kind: dict[str, list[Path]] = {}
    for module in MODULES:
        by_kind.setdefault(kind_of(module), []).append(module)
    assert set(by_kind) == {"aws", "aws with copies", "azurerm", "none"}
    for kind, modules in by_kind.items():
        texts = {(module / "versions.tf").read_text(encoding="utf-8") for module in modules}
        assert len(texts) == 1, f"{kind}: {[named(module) for module in modules]}"
    versions = {
        (name, version)
        for path in sources()
        if path.name == "versions.tf" or path.parent.name == "stand-in"
        for name, version in re.findall(r'source  = "hashicorp/(\w+)"\s+version = "([^"]+)"', path.read_text("utf-8"))
    }
    assert sorted(name for name, _ in versions) == ["aws", "azurerm"], "one version of a provider, everywhere"


def test_every_aws_module_has_a_planted_fault() -> None:
    # `make check-infra` runs them; a module without one could have a test that never fails.
    planted = set(re.findall(r'Fault\(\s*file="([a-z-]+)/', (TERRAFORM / "planted.py").read_text(encoding="utf-8")))
    tested = {path.name.removesuffix(".tftest.hcl") for path in (TERRAFORM / "tests").glob("*.tftest.hcl")}
    assert len(tested) > 20
    assert tested == planted
