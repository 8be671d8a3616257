"""Takes the guards of the modules away and plants a fault in each, in a copy: every test must then fail.

A test that passes without what it guards proves nothing; this finds it.
"""

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import module_tests
from module_tests import PASSED, Outcome
from workspace import Failed, Workspace

REGION = 'condition     = contains(["ap-south-1", "ap-south-2"], self.name)'
ANY_REGION = 'condition     = self.name != ""'


@dataclass(frozen=True)
class Fault:
    """What is planted and which assertion of the module's test must tell it.

    Args:
        file: file below modules.
        old: text that is there.
        new: text in its place.
        message: error message of the assertion.
    """

    file: str
    old: str
    new: str
    message: str


FAULTS = (
    Fault(
        file="access-logs/main.tf",
        old="restrict_public_buckets = true",
        new="restrict_public_buckets = false",
        message="Access logs are not public.",
    ),
    Fault(
        file="alarms/main.tf",
        old="kms_master_key_id = var.key_arn",
        new='kms_master_key_id = "alias/aws/sns"',
        message="Alarms are encrypted with the platform key.",
    ),
    Fault(
        file="backup/main.tf",
        old="enable_continuous_backup = true",
        new="enable_continuous_backup = false",
        message="Databases can be restored to a point in time.",
    ),
    Fault(
        file="backup/main.tf",
        old="changeable_for_days = 3",
        new="changeable_for_days = 30",
        message="Both vaults are locked.",
    ),
    Fault(
        file="budget/main.tf",
        old="expected = {",
        new='spare    = { threshold = 10, type = "ACTUAL" }\n    expected = {',
        message="Four",
    ),
    Fault(
        file="connector-ca/main.tf",
        old="enabled            = true",
        new="enabled            = false",
        message="can be revoked.",
    ),
    Fault(
        file="distributor/main.tf",
        old="bronze/dist=${var.distributor_id}/",
        new="bronze/",
        message="bound to the prefix",
    ),
    Fault(
        file="distributor/main.tf",
        old="enable_key_rotation     = true",
        new="enable_key_rotation     = false",
        message="The key is rotated and copied.",
    ),
    Fault(
        file="dns/main.tf",
        old="ttl     = 60",
        new="ttl     = 3600",
        message="Names point to Mumbai for a minute at a time.",
    ),
    Fault(
        file="dr-link/main.tf",
        old='["s3:GetObject",',
        new='["s3:PutObject", "s3:GetObject",',
        message="The replication only reads.",
    ),
    Fault(
        file="edge/main.tf",
        old="ELBSecurityPolicy-TLS13-1-3-2021-06",
        new="ELBSecurityPolicy-TLS13-1-2-2021-06",
        message="TLS 1.3 alone.",
    ),
    Fault(
        file="edge/firewall.tf",
        old="limit                 = var.requests_per_minute_per_ip",
        new="limit                 = 5000",
        message="1,000 requests a minute and address.",
    ),
    Fault(
        file="egress-proxy/squid.conf.tftpl",
        old="http_access deny all",
        new="http_access allow all",
        message="Only the allowed hosts.",
    ),
    Fault(
        file="eks/main.tf",
        old="endpoint_public_access  = false",
        new="endpoint_public_access  = true",
        message="The API server is private.",
    ),
    Fault(
        file="elasticache/main.tf",
        old='transit_encryption_mode    = "required"',
        new='transit_encryption_mode    = "preferred"',
        message="TLS alone, with failover.",
    ),
    Fault(file="guard/main.tf", old='Effect    = "Deny"', new='Effect    = "Allow"', message="Nothing outside India."),
    Fault(file="guard/main.tf", old="awsRegion in ", new="awsRegion not in ", message="The rule reads the region."),
    Fault(
        file="iam/main.tf",
        old="system:serviceaccount:${var.namespace}:${each.key}",
        new="system:serviceaccount:${var.namespace}:*",
        message="A role is of one service account.",
    ),
    Fault(
        file="keys/main.tf",
        old="enable_key_rotation     = true",
        new="enable_key_rotation     = false",
        message="KMS rotates what it can.",
    ),
    Fault(
        file="lake/main.tf", old='mode = "COMPLIANCE"', new='mode = "GOVERNANCE"', message="Locked in compliance mode."
    ),
    Fault(
        file="lake/main.tf",
        old="block_public_acls       = var.public_access_blocked",
        new="block_public_acls       = false",
        message="Not public.",
    ),
    Fault(
        file="logs/main.tf",
        old="skip_destroy      = true",
        new="skip_destroy      = false",
        message="Seven years, never destroyed.",
    ),
    Fault(
        file="msk/main.tf",
        old='client_broker = "TLS"',
        new='client_broker = "TLS_PLAINTEXT"',
        message="Three brokers, SCRAM over TLS.",
    ),
    Fault(
        file="network/main.tf",
        old='talks_to = ["application", "data", "ml"]',
        new='talks_to = ["dmz", "application", "data", "ml"]',
        message="The dmz never reaches data.",
    ),
    Fault(
        file="network/main.tf",
        old='key => subnet if subnet.zone == "application" }',
        new='key => subnet if subnet.zone != "dmz" }',
        message="Data and ml have no route out.",
    ),
    Fault(
        file="rds/main.tf",
        old="publicly_accessible    = false",
        new="publicly_accessible    = true",
        message="Two zones, encrypted,",
    ),
    Fault(
        file="registry/main.tf",
        old='image_tag_mutability = "IMMUTABLE"',
        new='image_tag_mutability = "MUTABLE"',
        message="A tag never changes; images are scanned.",
    ),
    Fault(
        file="service-permissions/main.tf",
        old='score-worker     = ["SignTokens"]',
        new="score-worker     = []",
        message="A key is used by the processes that need it alone.",
    ),
    Fault(
        file="service-permissions/outputs.tf",
        old=" && length(statement.resources) > 0",
        new="",
        message="A statement without a resource would be refused by AWS.",
    ),
    Fault(file="spark/main.tf", old="emr-containers-sa-*", new="*", message="Only job accounts of its namespace."),
    Fault(
        file="zone-gateway/main.tf",
        old="if source.zone != target.zone",
        new='if source.zone == "dmz" && target.zone == "data"',
        message="Every pair of subnets of two zones goes by the firewall.",
    ),
    Fault(
        file="zone-gateway/main.tf",
        old='["aws:drop_strict", "aws:alert_strict"]',
        new='["aws:alert_strict"]',
        message="What no rule passes is dropped and told.",
    ),
)


def plant(workspace: Workspace) -> Workspace:
    """A second copy without guards and with every fault; its modules are those of the first by name.

    Raises:
        Failed: a guard or the place of a fault is not there any more.
    """
    repository = workspace.root.parent.parent.with_name("planted")
    shutil.rmtree(repository, ignore_errors=True)
    shutil.copytree(workspace.root.parent.parent, repository)
    root = repository / "infra" / "terraform"
    for file in sorted((root / "modules").glob("*/versions.tf")):
        file.write_text(file.read_text().replace(REGION, ANY_REGION))
    for file in sorted((root / "modules").glob("*/variables.tf")):
        file.write_text(without_validations(file.read_text()))
    for fault in FAULTS:
        file = root / "modules" / fault.file
        text = file.read_text()
        if fault.old not in text:
            raise Failed(f"nothing to plant in modules/{fault.file}: it does not contain {fault.old!r}")
        file.write_text(text.replace(fault.old, fault.new, 1))
    for file in module_tests.files_of(root):
        split_by_run(file)
    return replace(workspace, root=root)


def split_by_run(file: Path) -> None:
    """Puts every run of a test file into a file of its own: after a run that breaks, terraform skips the rest."""
    head, *runs = re.split(r'^(?=run ")', file.read_text(), flags=re.M)
    file.unlink()
    for text in runs:
        name = text.split('"')[1]
        file.with_name(f"{file.name.split('.')[0]}+{name}.tftest.hcl").write_text(head + text)


def without_validations(text: str) -> str:
    """Variables whose conditions hold for every value."""

    def opened(variable: "re.Match[str]") -> str:
        always = rf"\g<1>var.{variable[1]} == var.{variable[1]}"
        return re.sub(r"(\n    condition\s+= ).*?(?=\n    error_message)", always, variable[0], flags=re.S)

    return re.sub(r'variable "(\w+)" \{.*?\n\}', opened, text, flags=re.S)


def judged(ended: list[Outcome]) -> str:
    """What was found of the faults.

    Raises:
        Failed: a run passes, or an assertion is silent, although what it guards is gone.
    """
    blind = [f"{outcome.module}: {outcome.run} passes" for outcome in ended if outcome.status == PASSED]
    blind += [f"{outcome.module}: {outcome.run} was skipped" for outcome in ended if outcome.status == "skip"]
    refusals = [outcome for outcome in ended if outcome.run.startswith("refuses_")]
    blind += [
        f"{outcome.module}: {outcome.run} fails for another reason than its guard: {outcome.findings}"
        for outcome in refusals
        if not any(finding.startswith("Missing expected failure") for finding in outcome.findings)
    ]
    for fault in FAULTS:
        module = fault.file.split("/")[0]
        told = [finding for outcome in ended if outcome.module == module for finding in outcome.findings]
        if not any(fault.message in finding for finding in told):
            blind.append(f"{module}: nothing tells {fault.old!r} -> {fault.new!r}: {told}")
    if blind or not ended:
        raise Failed(f"{len(ended)} runs without guards; not told:\n" + "\n".join(blind))
    return f"{len(FAULTS)} planted faults and {len(refusals)} removed guards, each fails its test"
