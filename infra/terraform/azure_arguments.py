"""Compares the Azure part with the arguments that its provider documents (azure-schema.json).

Where the provider itself is at hand, `terraform validate` says more; this finds misspelt, removed and
missing arguments.
"""

import json
import sys
from pathlib import Path
from typing import Any

import hcl2

META = {"for_each", "count", "provider", "depends_on", "lifecycle", "dynamic"}


def plain(name: str) -> str:
    """A name without the quotes that some versions of the parser keep."""
    return name.strip('"')


def names_in(body: dict[str, Any]) -> set[str]:
    """Arguments and blocks of a body, dynamic blocks among them."""
    names = {plain(name) for name in body if not name.startswith("__")}
    return (names | {plain(name) for block in body.get("dynamic", []) for name in block}) - META


def nested(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Blocks of a body with their bodies."""
    blocks = [
        (plain(name), inner)
        for name, value in body.items()
        if name not in META and isinstance(value, list)
        for inner in value
        if isinstance(inner, dict)
    ]
    for dynamic in body.get("dynamic", []):
        for name, settings in dynamic.items():
            blocks += [(plain(name), content) for content in settings.get("content", [])]
    return blocks


def faults(where: str, body: dict[str, Any], arguments: dict[str, str], blocks: dict[str, Any]) -> list[str]:
    """What is unknown or missing in a body and the blocks within it."""
    names = names_in(body)
    wrong = [f"{where}: {name} is not documented" for name in sorted(names - set(arguments))]
    required = {name for name, kind in arguments.items() if kind == "required"}
    wrong += [f"{where}: {name} is required" for name in sorted(required - names)]
    for name, inner in nested(body):
        if name in blocks and name in arguments:
            wrong += faults(where=f"{where}.{name}", body=inner, arguments=blocks[name], blocks=blocks)
    return wrong


def main() -> int:
    """0 when every resource fits; 1 with the list of what does not, or when nothing was read."""
    root = Path(sys.argv[1])
    schema = json.loads((root / "azure-schema.json").read_text())["resources"]
    wrong: list[str] = []
    seen = 0
    for file in sorted([*root.glob("modules/azure-*/*.tf"), *root.glob("envs/dr-pune/*.tf")]):
        for resource in hcl2.loads(file.read_text()).get("resource", []):
            for quoted, instances in resource.items():
                kind = plain(quoted)
                if kind not in schema:
                    wrong.append(f"{file.relative_to(root)}: {kind} is not in azure-schema.json")
                    continue
                for name, body in instances.items():
                    if name.startswith("__"):
                        continue
                    seen += 1
                    where = f"{file.relative_to(root)}: {kind}.{plain(name)}"
                    documented = schema[kind]
                    wrong += faults(
                        where=where, body=body, arguments=documented["arguments"], blocks=documented["blocks"]
                    )
    sys.stdout.write("\n".join([*wrong, f"{seen} resources read"]) + "\n")
    return 1 if wrong or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
