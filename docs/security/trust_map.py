"""`python -m docs.security.trust_map`: writes the tables and the picture of docs/security.md from the code.

Who holds which secret comes from the settings classes, who may call whom from deploy/callers.yml, who may write and
read which topic from schemas/topics.yml. Which fact is signed by whom, and what a stolen component can do at worst, are
written down in trust.yml beside this file; tests hold each line against the code and against tests/assume_breach.
"""

import html
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from altscore_libs.yaml_text import parse_yaml
from altscore_local.services import TABLE, Service
from altscore_local.settings_fields import fields_of

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
PAGE, PICTURE = FOLDER.with_suffix(".md"), FOLDER / "secrets.svg"
SECRET = re.compile(r"(_(key|secret|token|pin|password|authkey|keys_dir|key_file|url)|^app_secret|_operators_file)$")
NO_SECRETS = frozenset({"public_keys_dir", "pkcs11_token", "s3_access_key"})
_CELL, _LEFT, _TOP, _RIGHT = 26, 190, 190, 130


def kinds() -> Mapping[str, str]:
    """What each secret of a settings class is called on the page, in the order of its columns."""
    names: Mapping[str, str] = trust()["secrets"]
    return names


def trust() -> Mapping[str, Any]:
    """What is written down by hand."""
    content: Mapping[str, Any] = parse_yaml((FOLDER / "trust.yml").read_text(encoding="utf-8"))
    return content


def secrets_of(service: Service) -> list[str]:
    """Fields of a process's settings that hold a secret or name the file of one."""
    names = fields_of(service.settings_module, service.settings_classes).names
    return sorted(name for name in names if SECRET.search(name) and name not in NO_SECRETS and not _is_address(name))


def _is_address(name: str) -> bool:
    """Addresses of neighbours; those of the stores hold a password."""
    return name.endswith("_url") and name not in {
        "database_url",
        "redis_url",
        "relay_database_url",
        "access_database_url",
    }


def matrix() -> dict[str, list[str]]:
    """Process → names of the secrets it holds, in the order of the columns.

    Raises:
        LookupError: a secret has no name in trust.yml.
    """
    known = kinds()
    rows = {}
    for service in TABLE:
        fields = secrets_of(service)
        if unnamed := [field for field in fields if field not in known]:
            raise LookupError(f"{service.name}: trust.yml names no {', '.join(unnamed)}")
        held = {known[field] for field in fields}
        rows[service.name] = [name for name in columns() if name in held]
    return rows


def columns() -> list[str]:
    """Names of all secrets, each once."""
    return list(dict.fromkeys(kinds().values()))


def secrets_table() -> str:
    """Who holds which secret."""
    return _table(
        ["process", "certificate", "secrets"],
        [[name, _certificate(name, held), ", ".join(held)] for name, held in matrix().items()],
    )


def _certificate(process: str, held: Collection[str]) -> str:
    if kinds()["tls_key_file"] not in held:
        return "none"
    return f"`spiffe://altscore/{_callers()[process]['certificate']}`"


def _callers() -> Mapping[str, Any]:
    callers: Mapping[str, Any] = parse_yaml((ROOT / "deploy/callers.yml").read_text(encoding="utf-8"))
    return callers


def calls_table() -> str:
    """Who may call whom, and which stores a process opens."""
    rows = []
    for name, entry in _callers().items():
        rows.append([name, entry["zone"], ", ".join(entry["calls"]) or "nobody", ", ".join(entry["stores"]) or "none"])
    return _table(["process", "zone", "may call", "opens"], rows)


def topics_table() -> str:
    """Who may write and read which topic."""
    topics = parse_yaml((ROOT / "schemas/topics.yml").read_text(encoding="utf-8"))
    rows = [[f"`{topic['name']}`", ", ".join(topic["producers"]), ", ".join(topic["consumers"])] for topic in topics]
    return _table(["topic", "writes, and signs", "reads, and verifies"], rows)


def facts_table() -> str:
    """Which fact is signed by whom and where it is verified."""
    rows = [
        [fact["fact"], fact["proof"], fact["by"], ", ".join(f"[{Path(p).name}](../{p})" for p in fact["verified_in"])]
        for fact in trust()["facts"]
    ]
    return _table(["fact", "proof", "made by", "verified in, at every use"], rows)


def components_table() -> str:
    """What one stolen component can do at worst, and the tests that try it."""
    rows = [
        [
            entry["component"],
            entry["worst"],
            entry["held"],
            ", ".join(f"[{Path(p).stem.removeprefix('test_')}](../{p})" for p in entry["tests"]),
        ]
        for entry in trust()["components"]
    ]
    return _table(["stolen", "at worst it can", "it cannot", "tried in"], rows)


BLOCKS = {
    "secrets": secrets_table,
    "calls": calls_table,
    "topics": topics_table,
    "facts": facts_table,
    "components": components_table,
}


def page(text: str) -> str:
    """The page with its tables made anew.

    Raises:
        LookupError: the page has no place for one of them.
    """
    for name, make in BLOCKS.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        _, closing, after = rest.partition(end)
        if not closing:
            raise LookupError(f"the page has no place for {name}")
        text = f"{before}{start}{make()}{end}{after}"
    return text


def picture() -> str:
    """Processes by secrets as an SVG: a filled cell is a secret that the process holds."""
    names, rows = columns(), matrix()
    width, height = _LEFT + _CELL * len(names) + _RIGHT, _TOP + _CELL * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="Arial, Liberation Sans, sans-serif" font-size="13" role="img">',
        "<title>Which process holds which secret</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for column, name in enumerate(names):
        x = _LEFT + _CELL * column + _CELL // 2
        parts.append(
            f'<text x="{x}" y="{_TOP - 10}" transform="rotate(-55 {x} {_TOP - 10})">{html.escape(name)}</text>'
        )
    for line, (process, held) in enumerate(rows.items()):
        y = _TOP + _CELL * line
        if line % 2 == 0:
            parts.append(f'<rect x="8" y="{y}" width="{width - _RIGHT}" height="{_CELL}" fill="#f3f5f8"/>')
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 17}" text-anchor="end">{process}</text>')
        for column, name in enumerate(names):
            x, fill = _LEFT + _CELL * column, "#1f4e79" if name in held else "none"
            parts.append(
                f'<rect x="{x + 5}" y="{y + 5}" width="{_CELL - 10}" height="{_CELL - 10}" rx="3" fill="{fill}"'
                ' stroke="#c2cad6"/>'
            )
    return "\n".join([*parts, "</svg>", ""])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> int:
    """Writes page and picture."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
