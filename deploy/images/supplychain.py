"""What is in the images, and whether anybody knows a hole in it: `supplychain.py sbom | audit`.

`sbom` writes a CycloneDX document per lock file into var/sbom. `audit` looks every locked version up in the database of
pip-audit; where that does not answer, it says so and counts as skipped, never as passed.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "local"))

from altscore_local.environments import ensure_cached, environment  # noqa: E402  # the path above makes it importable
from altscore_local.layout import Layout, open_layout  # noqa: E402

TOOLS = "supplychain"
TIMEOUT_S = 600
# It has known holes: where even this one passes, nobody looked.
CONTROL = "jinja2==2.10"


def locks() -> Mapping[str, tuple[Path, ...]]:
    """Lock files by image."""
    services = {path.parent.name: (path,) for path in sorted(ROOT.glob("services/*/requirements.txt"))}
    folder = ROOT / "requirements"
    return services | {
        "pipelines": (folder / "airflow.txt", folder / "lake.txt"),
        "mlflow": (folder / "mlflow.txt",),
        "tools": (folder / "tools.txt",),
    }


def every_lock() -> list[Path]:
    """All lock files, those of development tools included."""
    return [*sorted(ROOT.glob("services/*/requirements.txt")), *sorted((ROOT / "requirements").glob("*.txt"))]


def locked(lock: Path) -> list[str]:
    """`name==version` of every line that locks one."""
    lines = (line.split(";")[0].split("\\")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if "==" in line and not line.startswith(("#", "--"))]


def write_sboms(layout: Layout) -> None:
    """One CycloneDX document per image, two for an image with two environments.

    Raises:
        SystemExit: a document does not name every locked package.
    """
    program = environment(layout, TOOLS) / "bin" / "cyclonedx-py"
    target = layout.var / "sbom"
    target.mkdir(parents=True, exist_ok=True)
    for image, files in locks().items():
        for lock in files:
            name = image if len(files) == 1 else f"{image}-{lock.stem}"
            path = target / f"{name}.cdx.json"
            arguments = ["requirements", "--output-reproducible", "--of", "JSON", "-o", str(path), str(lock)]
            subprocess.run([str(program), *arguments], check=True, timeout=TIMEOUT_S, stderr=subprocess.DEVNULL)
            named = {part["name"] for part in json.loads(path.read_text(encoding="utf-8"))["components"]}
            missing = {line.split("==")[0].split("[")[0] for line in locked(lock)} - named
            if missing or not named:
                raise SystemExit(f"{path.name} lacks {', '.join(sorted(missing)) or 'every package'}")
            print(f"  {path.relative_to(ROOT)}: {len(named)} packages")


def audit(layout: Layout) -> int:
    """Looks up every locked version once; 1 when a hole is known."""
    files = every_lock()
    every = sorted({line for lock in files for line in locked(lock)})
    if len(every) < 100:
        raise SystemExit(f"only {len(every)} locked packages were read")
    if not _holes(layout, [CONTROL]):
        print(f"pip-audit: SKIPPED, its database cannot be reached: it knows no hole in {CONTROL}, which has some")
        return 0
    holes = _holes(layout, every)
    for line in holes:
        print(f"pip-audit: {line}", file=sys.stderr)
    print(f"pip-audit: {len(every)} packages of {len(files)} lock files looked up, {len(holes)} with a known hole")
    return 1 if holes else 0


def _holes(layout: Layout, requirements: Sequence[str]) -> list[str]:
    """Known holes of these versions. Two locks may hold two versions of one package, so it may take several files.

    Raises:
        SystemExit: pip-audit gave no report.
    """
    groups: list[dict[str, str]] = []
    for line in requirements:
        name = line.split("==")[0]
        group = next((each for each in groups if name not in each), None)
        if group is None:
            groups.append(group := {})
        group[name] = line
    program = environment(layout, TOOLS) / "bin" / "pip-audit"
    command = [str(program), "--disable-pip", "--no-deps", "-f", "json", "--progress-spinner", "off", "--timeout", "10"]
    holes: list[str] = []
    for group in groups:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write("\n".join(group.values()) + "\n")
            file.flush()
            done = subprocess.run(
                [*command, "-r", file.name], capture_output=True, text=True, check=False, timeout=TIMEOUT_S
            )
        if not done.stdout.startswith("{"):
            if len(requirements) == 1:
                return []  # the control: nobody answers
            raise SystemExit(f"pip-audit gave no report: {done.stderr[-400:]}")
        for each in json.loads(done.stdout)["dependencies"]:
            holes += [f"{each['name']} {each['version']}: {hole['id']}" for hole in each.get("vulns", [])]
    return holes


def main() -> int:
    """Runs one command."""
    layout = open_layout()
    ensure_cached(layout, TOOLS)
    if sys.argv[1:] == ["sbom"]:
        write_sboms(layout)
        return 0
    if sys.argv[1:] == ["audit"]:
        return audit(layout)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
