"""A bundle is one registered model: artifacts, and a manifest whose digest is the model's identity (GR-6, C-06)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from altscore_libs.canonical_json import canonical_json

from altscore_scoring.digests import digest_of, sha256_hex
from altscore_scoring.errors import ModelRefused
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.guardrails.quality import failures_of
from altscore_scoring.model.anomaly import AnomalyModel, load_anomalies
from altscore_scoring.model.booster import Booster, load_booster
from altscore_scoring.model.calibration import Calibration
from altscore_scoring.model.explainer import check_explainer
from altscore_scoring.model.features import Feature
from altscore_scoring.model.reference import Reference, reference_of

MANIFEST = "manifest.json"
SCHEMA_VERSION = 3
ARTIFACTS = (
    "calibration.json", "croston.ubj", "evaluation.json", "explainer.json", "features.json", "isolation.npz",
    "primary.ubj", "psi.json", "ranges.json", "reference.json",
)  # fmt: skip


@dataclass(frozen=True)
class PsiBins:
    """Reference distribution of the primary model's margin on its training rows (decision 71)."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Bundle:
    """A verified model, ready to score."""

    model_sha256: str
    boosters: Mapping[Route, Booster]
    calibrations: Mapping[Route, Calibration]
    anomalies: Mapping[Route, AnomalyModel]
    psi: PsiBins
    evaluation: Mapping[str, Any]
    references: Mapping[Route, Reference] = field(default_factory=dict)  # measured once the boosters are fitted


def make_manifest(artifacts: Mapping[str, bytes], *, taxonomy_digest: str, guardrail_digest: str) -> dict[str, Any]:
    """The manifest of these artifacts.

    Raises:
        ValueError: an artifact is missing or unknown.
    """
    if sorted(artifacts) != sorted(ARTIFACTS):
        raise ValueError("a bundle holds exactly the known artifacts")
    return {
        "schema_version": SCHEMA_VERSION,
        "artifacts": {name: sha256_hex(raw) for name, raw in sorted(artifacts.items())},
        "taxonomy_digest": taxonomy_digest,
        "guardrail_digest": guardrail_digest,
    }


def load_bundle(
    fetch: Callable[[str], bytes], model_sha256: str, *, taxonomy_digest: str, guardrail_digest: str
) -> Bundle:
    """Verifies every byte of a bundle, then loads it.

    Args:
        fetch: artifact name → its bytes.
        model_sha256: the digest that two people promoted.
        taxonomy_digest: of the taxonomy this process answers with.
        guardrail_digest: of the constants this process runs with.

    Raises:
        ModelRefused: any byte differs, the model was evaluated under another taxonomy or other guardrails, or it misses
            the quality bar.
    """
    manifest = _json(fetch(MANIFEST), MANIFEST)
    if digest_of(manifest) != model_sha256:
        raise ModelRefused("manifest.json is not the promoted one")
    expected = {
        "taxonomy_digest": taxonomy_digest,
        "guardrail_digest": guardrail_digest,
        "schema_version": SCHEMA_VERSION,
    }
    for key, value in expected.items():
        if manifest.get(key) != value:
            raise ModelRefused(f"the model's {key} is not this engine's")
    if sorted(manifest.get("artifacts", {})) != sorted(ARTIFACTS):
        raise ModelRefused("the manifest does not name exactly the known artifacts")
    raw = {name: fetch(name) for name in ARTIFACTS}
    for name, content in raw.items():
        if sha256_hex(content) != manifest["artifacts"][name]:
            raise ModelRefused(f"{name} differs from its digest")
    try:
        bundle = _assemble(raw, model_sha256)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelRefused("the bundle cannot be assembled") from error
    missed = failures_of(bundle.evaluation)
    if missed:
        raise ModelRefused(f"the model misses: {', '.join(missed)}")
    return bundle


def bundle_files(artifacts: Mapping[str, bytes], manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file of a bundle, its manifest in canonical form included."""
    return {**artifacts, MANIFEST: canonical_json(manifest)}


def _json(raw: bytes, name: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ModelRefused(f"{name} is not JSON") from error


def _assemble(raw: Mapping[str, bytes], model_sha256: str) -> Bundle:
    features = json.loads(raw["features.json"])
    calibration = json.loads(raw["calibration.json"])
    psi = json.loads(raw["psi.json"])
    routes: tuple[Route, ...] = ("primary", "croston")
    boosters = {r: load_booster(raw[f"{r}.ubj"], tuple(Feature(*item) for item in features[r])) for r in routes}
    check_explainer(json.loads(raw["explainer.json"]), boosters, {r: raw[f"{r}.ubj"] for r in routes})
    calibrations = {r: Calibration(calibration[r]["slope"], calibration[r]["intercept"]) for r in routes}
    if any(not item.slope > 0 for item in calibrations.values()):
        raise ValueError("a calibration must rise with the margin")
    if len(psi["edges"]) + 1 != len(psi["shares"]):
        raise ValueError("the PSI bins are inconsistent")
    return Bundle(
        model_sha256=model_sha256,
        boosters=boosters,
        calibrations=calibrations,
        anomalies=load_anomalies(raw["isolation.npz"], raw["ranges.json"], boosters),
        psi=PsiBins(tuple(psi["edges"]), tuple(psi["shares"])),
        evaluation=json.loads(raw["evaluation.json"]),
        references=_references(json.loads(raw["reference.json"]), boosters),
    )


def _references(document: Mapping[str, Any], boosters: Mapping[Route, Booster]) -> dict[Route, Reference]:
    references = {route: reference_of(document[route]) for route in boosters}
    for route, booster in boosters.items():
        if references[route].spans.keys() != {feature.group for feature in booster.features} - {None}:
            raise ValueError("the reference and the booster have other groups")
    return references
