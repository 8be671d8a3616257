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
        "access-logs/main.tf",
        "restrict_public_buckets = true",
        "restrict_public_buckets = false",
        "Access logs are not public.",
    ),
    Fault(
        "alarms/main.tf",
        "kms_master_key_id = var.key_arn",
        'kms_master_key_id = "alias/aws/sns"',
        "Alarms are encrypted with the platform key.",
    ),
    Fault(
        "backup/main.tf",
        "enable_continuous_backup = true",
        "enable_continuous_backup = false",
        "Databases can be restored to a point in time.",
    ),
    Fault("backup/main.tf", "changeable_for_days = 3", "changeable_for_days = 30", "Both vaults are locked."),
    Fault("budget/main.tf", "expected = {", 'spare    = { threshold = 10, type = "ACTUAL" }\n    expected = {', "Four"),
    Fault("connector-ca/main.tf", "enabled            = true", "enabled            = false", "can be revoked."),
    Fault("distributor/main.tf", "bronze/dist=${var.distributor_id}/", "bronze/", "bound to the prefix"),
    Fault(
        "distributor/main.tf",
        "enable_key_rotation     = true",
        "enable_key_rotation     = false",
        "The key is rotated and copied.",
    ),
    Fault("dns/main.tf", "ttl     = 60", "ttl     = 3600", "Names point to Mumbai for a minute at a time."),
    Fault("dr-link/main.tf", '["s3:GetObject",', '["s3:PutObject", "s3:GetObject",', "The replication only reads."),
    Fault(
        "edge/main.tf",
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "TLS 1.3 alone.",
    ),
    Fault(
        "edge/firewall.tf",
        "limit                 = var.requests_per_minute_per_ip",
        "limit                 = 5000",
        "1,000 requests a minute and address.",
    ),
    Fault("egress-proxy/squid.conf.tftpl", "http_access deny all", "http_access allow all", "Only the allowed hosts."),
    Fault(
        "eks/main.tf",
        "endpoint_public_access  = false",
        "endpoint_public_access  = true",
        "The API server is private.",
    ),
    Fault(
        "elasticache/main.tf",
        'transit_encryption_mode    = "required"',
        'transit_encryption_mode    = "preferred"',
        "TLS alone, with failover.",
    ),
    Fault("guard/main.tf", 'Effect    = "Deny"', 'Effect    = "Allow"', "Nothing outside India."),
    Fault("guard/main.tf", "awsRegion in ", "awsRegion not in ", "The rule reads the region."),
    Fault(
        "iam/main.tf",
        "system:serviceaccount:${var.namespace}:${each.key}",
        "system:serviceaccount:${var.namespace}:*",
        "A role is of one service account.",
    ),
    Fault(
        "keys/main.tf",
        "enable_key_rotation     = true",
        "enable_key_rotation     = false",
        "KMS rotates what it can.",
    ),
    Fault("lake/main.tf", 'mode = "COMPLIANCE"', 'mode = "GOVERNANCE"', "Locked in compliance mode."),
    Fault(
        "lake/main.tf",
        "block_public_acls       = var.public_access_blocked",
        "block_public_acls       = false",
        "Not public.",
    ),
    Fault("logs/main.tf", "skip_destroy      = true", "skip_destroy      = false", "Seven years, never destroyed."),
    Fault("msk/main.tf", 'client_broker = "TLS"', 'client_broker = "TLS_PLAINTEXT"', "Three brokers, SCRAM over TLS."),
    Fault(
        "network/main.tf",
        'talks_to = ["application", "data", "ml"]',
        'talks_to = ["dmz", "application", "data", "ml"]',
        "The dmz never reaches data.",
    ),
    Fault(
        "network/main.tf",
        'key => subnet if subnet.zone == "application" }',
        'key => subnet if subnet.zone != "dmz" }',
        "Data and ml have no route out.",
    ),
    Fault("rds/main.tf", "publicly_accessible    = false", "publicly_accessible    = true", "Two zones, encrypted,"),
    Fault(
        "registry/main.tf",
        'image_tag_mutability = "IMMUTABLE"',
        'image_tag_mutability = "MUTABLE"',
        "A tag never changes; images are scanned.",
    ),
    Fault("spark/main.tf", "emr-containers-sa-*", "*", "Only job accounts of its namespace."),
    Fault(
        "zone-gateway/main.tf",
        "if source.zone != target.zone",
        'if source.zone == "dmz" && target.zone == "data"',
        "Every pair of subnets of two zones goes by the firewall.",
    ),
    Fault(
        "zone-gateway/main.tf",
        '["aws:drop_strict", "aws:alert_strict"]',
        '["aws:alert_strict"]',
        "What no rule passes is dropped and told.",
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
