"""What is in the images, and whether anybody knows a hole in it: `supplychain.py sbom | audit`.

`sbom` writes CycloneDX documents of every image that we build into var/sbom: one per lock file, one for each stand-in.
An image without its documents is named, and the exit status is 1. Debian's packages of the base image are in none.
`audit` looks every locked version up in the database of pip-audit; where that does not answer, it says so and counts
as skipped, never as passed.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "local"))
sys.path.insert(0, str(ROOT / "deploy" / "images"))

import stand_ins  # noqa: E402  # the paths above make it importable
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
        "pipelines-spark": (folder / "airflow.txt", folder / "lake.txt", folder / "spark.txt"),
        "mlflow": (folder / "mlflow.txt",),
        "tools": (folder / "tools.txt",),
        "witness": (ROOT / "services" / "audit" / "verifier" / "requirements.txt",),
        "training": (ROOT / "services" / "scoring" / "requirements-training.txt",),
    }


def every_lock() -> list[Path]:
    """All lock files, those of development tools included."""
    services = ("services/*/requirements*.txt", "services/*/verifier/requirements.txt")
    patterns = (*services, "libs/*/requirements.txt", "requirements/*.txt")
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def locked(lock: Path) -> list[str]:
    """`name==version` of every line that locks one."""
    lines = (line.split(";")[0].split("\\")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if "==" in line and not line.startswith(("#", "--"))]


def write_sboms(layout: Layout) -> int:
    """Writes the documents of every image; 1 when an image lacks one."""
    target = layout.var / "sbom"
    shutil.rmtree(target, ignore_errors=True)  # a document of an image that we no longer build would be a lie
    target.mkdir(parents=True)
    lacking: dict[str, str] = {}
    for image in images():
        try:
            for path, count in _documents(layout, image, target):
                print(f"  {path.relative_to(layout.root)}: {count} packages")
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            lacking[image] = str(error)
    for image, reason in lacking.items():
        print(f"sbom: {image} has none: {reason}", file=sys.stderr)
    count = len(list(target.iterdir()))
    print(f"sbom: {len(images()) - len(lacking)} of {len(images())} images described in {count} documents")
    return 1 if lacking else 0


def images() -> list[str]:
    """Every image that deploy/images/build.sh builds: ours, then the stand-ins."""
    return [*locks(), *(f"local-{name}" for name in stand_ins.NAMES)]


def _documents(layout: Layout, image: str, target: Path) -> Iterator[tuple[Path, int]]:
    """Writes the documents of one image; each with its number of packages.

    Raises:
        ValueError: a document does not name every package.
    """
    if image not in locks():
        content = stand_ins.document(image.removeprefix("local-"))
        path = target / f"{image}.cdx.json"
        components = content["components"]
        if not isinstance(components, list) or not components:
            raise ValueError("nothing is known of what it is made of")
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        yield path, len(components)
        return
    program = environment(layout, TOOLS) / "bin" / "cyclonedx-py"
    files = locks()[image]
    for lock in files:
        path = target / f"{image if len(files) == 1 else f'{image}-{lock.stem}'}.cdx.json"
        arguments = ["requirements", "--output-reproducible", "--of", "JSON", "-o", str(path), str(lock)]
        subprocess.run([str(program), *arguments], check=True, timeout=TIMEOUT_S, stderr=subprocess.DEVNULL)
        named = {part["name"] for part in json.loads(path.read_text(encoding="utf-8"))["components"]}
        missing = {line.split("==")[0].split("[")[0] for line in locked(lock)} - named
        if missing or not named:
            path.unlink()
            raise ValueError(f"{path.name} lacks {', '.join(sorted(missing)) or 'every package'}")
        yield path, len(named)


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
        return write_sboms(layout)
    if sys.argv[1:] == ["audit"]:
        return audit(layout)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
