"""Writes deploy/helm/schemas: what Kubernetes' own OpenAPI document says about the kinds that the chart uses.

`python -m altscore_helm.schemas swagger.json`, with api/openapi-spec/swagger.json of the k8s.io/kubernetes module (or
`kubectl get --raw /openapi/v2`). Unknown fields are refused. Custom resources are in the folder `custom`, written by
hand from their CRDs, no wider than what the chart uses.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from altscore_local.layout import ROOT

FOLDER = ROOT / "deploy" / "helm" / "schemas"
KINDS = frozenset(
    {
        *("ConfigMap", "CronJob", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy", "Pod"),
        *("PodDisruptionBudget", "Secret", "Service", "ServiceAccount"),
    }
)
VERSIONS = {"HorizontalPodAutoscaler": "v2"}
_PREFIX = "#/definitions/"
_QUANTITY = {
    "oneOf": [
        {
            "type": "string",
            "pattern": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
        },
        {"type": "number"},
    ]
}
_TEXT_OR_NUMBER = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
_DROPPED = ("description", "default")

Schema = dict[str, Any]


def strict(schema: Any) -> Any:
    """A schema without prose and extensions, whose objects take no unknown field."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"]}
    if schema.get("format") == "int-or-string":
        return _TEXT_OR_NUMBER
    properties = schema.get("properties")
    kept = {key: strict(value) for key, value in schema.items() if not key.startswith("x-") and key not in _DROPPED}
    if isinstance(properties, dict):  # a field may be called "description" or "default"
        kept["properties"] = {name: strict(value) for name, value in properties.items()}
        kept.setdefault("additionalProperties", False)
    return kept


def definition(name: str, definitions: Schema) -> Schema:
    """The strict form of one definition."""
    if name.endswith("api.resource.Quantity"):
        return _QUANTITY
    if name.endswith("util.intstr.IntOrString"):
        return _TEXT_OR_NUMBER
    result: Schema = strict(definitions[name])
    return result


def referenced(schema: Any, definitions: Schema, seen: set[str]) -> set[str]:
    """Names of all definitions that a schema needs, added to `seen`."""
    if isinstance(schema, list):
        for item in schema:
            referenced(item, definitions, seen)
    elif isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str) and (name := reference.removeprefix(_PREFIX)) not in seen:
            seen.add(name)
            referenced(definitions[name], definitions, seen)
        for value in schema.values():
            referenced(value, definitions, seen)
    return seen


def schemas_of(swagger: Schema) -> Iterator[tuple[str, Schema]]:
    """File name (as kubeconform asks for it) and schema of each kind."""
    definitions = swagger["definitions"]
    for name, content in sorted(definitions.items()):
        groups = content.get("x-kubernetes-group-version-kind", [])
        if len(groups) != 1 or groups[0]["kind"] not in KINDS:
            continue
        kind, group, version = (groups[0][key] for key in ("kind", "group", "version"))
        if version != VERSIONS.get(kind, "v1"):
            continue
        schema = dict(definition(name, definitions))
        needed = referenced(content, definitions, set())
        schema["definitions"] = {other: definition(other, definitions) for other in sorted(needed)}
        schema["properties"] = schema["properties"] | {"kind": {"type": "string", "enum": [kind]}}
        schema["required"] = sorted({*schema.get("required", []), "apiVersion", "kind"})
        parts = (kind.lower(), group.split(".")[0], version)
        yield "-".join(part for part in parts if part) + ".json", schema


def main(source: Path) -> None:
    """Writes every schema anew.

    Raises:
        SystemExit: a kind is missing in the document.
    """
    schemas = dict(schemas_of(json.loads(source.read_text(encoding="utf-8"))))
    if len(schemas) != len(KINDS):
        raise SystemExit(f"{len(schemas)} of {len(KINDS)} kinds: {sorted(schemas)}")
    for file, schema in schemas.items():
        text = json.dumps(schema, sort_keys=True, separators=(",", ":"))
        (FOLDER / file).write_text(text + "\n", encoding="utf-8")
    print(f"{len(schemas)} schemas, {sum(file.stat().st_size for file in FOLDER.glob('*.json'))} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
