"""All eight services have one shape: the same files, one main, one settings form, one app factory, one README."""

import ast
import re
from pathlib import Path

import pytest

from .conftest import ROOT, SERVICES

TOP_FILES = {
    *("__init__.py", "__main__.py", "main.py", "wiring.py", "settings.py", "errors.py"),
    *("app.py", "dependencies.py", "clients.py"),
}
RESOURCE_FILES = {
    *("__init__.py", "routes.py", "schemas.py", "service.py", "domain.py"),
    *("store.py", "events.py", "worker.py", "errors.py"),
}
# Further modules of a resource, each a standard term of the field; a new one is a decision made here.
FURTHER_MODULES: dict[str, set[str]] = {
    "admin": {
        # who an incident is about, what is switched off for it, and what is handed out of it
        *("incidents/affected.py", "incidents/switches.py", "incidents/timeline.py"),
        *("portal/app.py", "portal/dependencies.py", "portal/settings.py", "portal/wiring.py"),
        *("portal/clients.py", "portal/crypto.py"),
        *("portal/codes/senders.py", "portal/codes/wiring.py"),  # SMS and e-mail; what the worker alone needs
        "portal/distributors/guidance.py",  # what to do about a quarantined record, data beside it
        "portal/oidc/providers.py",  # calls to identity providers
        *(
            "saml/certificates.py",
            "saml/cookies.py",
            "saml/form.py",
            "saml/identity_provider.py",
            "saml/precheck.py",
        ),  # ADR 0055, 0070
        *("security_keys/ceremonies.py", "security_keys/invitations.py"),
        "sessions/row_macs.py",
        "portal/sessions/vouching.py",  # what an identity provider says of a person, OpenID Connect and SAML alike
        "approvals/four_eyes.py",  # the mechanism that promotions, decisions and requests share, ADR 0056
        "operators/matrix.py",  # roles by routes
        *("approvals/wiring.py", "incidents/wiring.py", "rights/wiring.py", "sessions/wiring.py"),
        "erasures/approval.py",  # the second person's half, and what stops it
        # notices behind two persons, and how they are written
        *("incidents/notices.py", "incidents/notice_routes.py", "incidents/rendering.py"),
        # where a report's figures come from, and how it is drawn and written (ADR 0058)
        *("compliance/sources.py", "compliance/plots.py", "compliance/charts.py", "compliance/rendering.py"),
        "compliance/templating.py",
    },
    "audit": {"threat_reports/rendering.py"},  # the report as HTML with its pictures
    "notification": {"messages/channel.py"},
    "webhook": {
        "answers/phrases.py",  # what a typed text says, data beside it
        *("deliveries/envelope.py", "deliveries/signature.py"),
    },
    "ingestion": {
        *("batches/payload.py", "batches/records.py", "batches/bounds.py", "batches/quota.py"),
        "batches/admission.py",
        *("manifests/signing.py", "manifests/reading.py"),
        "vault/access/quotas.py",
        *("batches/bronze.py", "batches/objects.py"),
        "batches/order.py",  # which statement of a record is the newest
        *("batches/sorting.py", "batches/writer.py"),  # shared by what connectors send and what is reprocessed
        *("distributors/authentication.py", "distributors/keys.py", "distributors/certificates.py"),
        "distributors/issuer.py",  # new keys and certificates, for operations and for connectors
        *("landings/folder.py", "landings/server.py", "landings/refusals.py"),  # SFTP, ADR 0054
        *("landings/retention.py", "landings/wiring.py"),  # apart: what one process needs, the others do not import
        "recovery/wiring.py",
        "uploads/reading.py",  # the connector's reader, ADR 0037
        *("uploads/delivery.py", "uploads/encryption.py", "uploads/memory.py"),
        *("vault/app.py", "vault/dependencies.py", "vault/settings.py", "vault/wiring.py", "vault/crypto.py"),
    },
    "scoring": {
        "arguments.py",  # of the commands
        "challengers/report.py",
        "digests.py",
        *("gold/frame.py", "gold/reader.py", "gold/tables.py"),
        *("guardrails/checks.py", "guardrails/constants.py", "guardrails/eligibility.py", "guardrails/quality.py"),
        *("guardrails/fairness.py", "guardrails/reasons.py"),
        *(
            "model/anomaly.py",
            "model/booster.py",
            "model/bundle.py",
            "model/calibration.py",
            "model/contribution_tables.py",
            "model/explainer.py",
            "model/facts.py",
            "model/features.py",
        ),
        *("model/isolation_forest.py", "model/reference.py", "model/taxonomy.py", "model/volume.py"),
        "promotions/model_cache.py",
        "runs/chunks.py",  # ADR 0043
        *("scores/evidence.py", "scores/persistence.py", "scores/signing.py"),
        *("training/anomaly.py", "training/dataset.py", "training/evaluation.py", "training/fit.py"),
        "training/isolation_forest.py",
        *("training/metrics.py", "training/reference.py", "training/registry.py", "training/report.py"),
        *("training/baseline.py", "training/fairness.py", "training/reliability.py"),  # what a model is judged by
        *("training/resampling.py", "training/stability.py"),
        *("training/judgement.py", "training/explanations.py"),  # what an evaluation measures of rows
        # what people read of it, and what MLflow is told
        *("training/rendering.py", "training/plots.py", "training/pages.py", "training/limits.py"),
        "training/tracking.py",
        *("training/outside_table.py", "training/outside_training.py"),  # tables that are not the product's
        "training/reason_report.py",
    },
    "consent": {
        "grants/integrity.py",  # whether a stored state is authentic
        "grants/records.py",  # the signed records: content, signing, verification
        "grants/row_mac.py",  # the MAC of a state
        "grants/signing_keys.py",  # key ring and rotation
        "invites/integrity.py",  # whether a stored invite is authentic
        "invites/fair_use.py",  # templates of fair use, data beside it
        "invites/notices.py",  # templates of notices, data beside it
        "platform/batched_reads.py",  # ADR 0019
        "platform/hot_routes.py",  # ADR 0020
    },
    "score": {
        "audit_proofs/published.py",  # ADR 0082
        *("access/authentication.py", "access/credentials.py", "access/failed_auth.py", "audit/spool.py"),
        *("access/row_macs.py", "access/verified_rows.py", "scores/changes.py"),  # ADR 0051
        *("openapi/document.py", "openapi/examples.py", "openapi/parameters.py"),
        *("platform/dedicated_connections.py", "platform/micro_batching.py", "platform/migration.py"),
        *("platform/redis_pipeline.py", "platform/startup_checks.py", "platform/waits.py", "reference/pages.py"),
        "portfolios/wiring.py",  # what the portal's routes are made of, ADR 0060
        *("sandbox/personas.py", "scores/reader.py", "scores/taxonomy.py"),
        *(
            "tokens/issuer.py",
            "tokens/rotation.py",
            "tokens/successors.py",
            "tokens/verifier.py",
        ),
    },
}
HEADINGS = [
    "Purpose",
    "Owns",
    "Topics",
    "Calls and callers",
    "Endpoints",
    "Configuration",
    "Failure modes",
    "Alarms",
    "Run one test",
]


def package(service: str) -> Path:
    """Source folder of a service."""
    return ROOT / "services" / service / "src" / f"altscore_{service}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_files_of_the_layout_and_no_others(service: str) -> None:
    base = package(service)
    names = {path.relative_to(base).as_posix() for path in base.rglob("*.py")}
    assert {"main.py", "settings.py", "errors.py"} <= names
    further = FURTHER_MODULES.get(service, set())
    unexpected = {
        name
        for name in names - further
        if not (name in TOP_FILES | RESOURCE_FILES if "/" not in name else name.rsplit("/", 1)[1] in RESOURCE_FILES)
    }
    assert sorted(unexpected) == []
    assert sorted(further - names) == [], "listed and gone"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_what_it_needs_to_stand_alone(service: str) -> None:
    base = ROOT / "services" / service
    expected = [base / name for name in ("pyproject.toml", "README.md", "migrations", "tests", "requirements.txt")]
    assert [str(path.relative_to(ROOT)) for path in expected if not path.exists()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_main_is_a_table_of_commands(service: str) -> None:
    module = ast.parse((package(service) / "main.py").read_text(encoding="utf-8"))
    assigned = {
        ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    }
    assert "COMMANDS" in assigned
    [main] = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    calls = [ast.unparse(node.func) for node in ast.walk(main) if isinstance(node, ast.Call)]
    assert calls == ["run_commands"]


@pytest.mark.parametrize("service", SERVICES)
def test_settings_classes_have_one_form(service: str) -> None:
    module = ast.parse((package(service) / "settings.py").read_text(encoding="utf-8"))
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    assert classes
    for node in classes:
        assert node.name.endswith("Settings"), node.name
        configs = [
            ast.unparse(item.value)
            for item in node.body
            if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "model_config"
        ]
        assert all(re.fullmatch(r"settings_config\('[A-Z]+_'\)|_CONFIG", config) for config in configs), configs


@pytest.mark.parametrize("service", SERVICES)
def test_an_api_is_made_by_one_factory_from_its_services(service: str) -> None:
    base = package(service)
    for folder in {path.parent for path in base.rglob("routes.py")}:
        owner = folder if (folder / "app.py").exists() else folder.parent
        while owner != base and not (owner / "app.py").exists():
            owner = owner.parent
        assert (owner / "app.py").exists(), f"{folder.relative_to(base)} belongs to no app.py"
    for path in base.rglob("app.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        factories = [
            node for node in module.body if isinstance(node, ast.FunctionDef) and node.name.startswith("create_")
        ]
        assert factories, path.name
        assert all(
            ast.unparse(node.args.args[0].annotation or ast.Constant(None)) == "Services | None" for node in factories
        )
        assert (path.parent / "dependencies.py").exists()


@pytest.mark.parametrize("service", SERVICES)
def test_a_readme_answers_the_same_questions_in_the_same_order(service: str) -> None:
    text = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
