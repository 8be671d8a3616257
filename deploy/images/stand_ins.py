"""What is in the images that stand in for official ones: no lock names it, so it is read from what they are built of.

Debian's packages are those that a Dockerfile installs by name, without the version that the day of the build decides.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from altscore_local.layout import ROOT, cache_dir

NAMES = ("postgres", "redis", "kafka", "registry", "s3", "prometheus", "alertmanager")
_GO_PROGRAMS = {"s3": ("minio-*", ("minio",)), "alertmanager": ("alertmanager-*", ("alertmanager", "amtool"))}
_JAR = re.compile(r"(?P<name>.+?)-(?P<version>\d[\w.-]*)\.jar")
Component = Mapping[str, str]


def dockerfile(name: str) -> str:
    """The recipe of a stand-in."""
    return (ROOT / "deploy" / "images" / f"{name}.Dockerfile").read_text(encoding="utf-8")


def document(name: str) -> dict[str, object]:
    """A CycloneDX document of a stand-in.

    Raises:
        FileNotFoundError: what the image is made of is not in the cache.
    """
    components = [*_packages(name), *_files(name)]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def _packages(name: str) -> Iterator[Component]:
    text = dockerfile(name)
    for names in re.findall(r"--no-install-recommends ([a-z0-9 .+-]+?) &&", text):
        for package in names.split():
            yield {"type": "library", "name": package, "purl": f"pkg:deb/debian/{package}"}
    for package, version in re.findall(r"^ARG JRE=([\w-]+)==([\w.]+)$", text, re.MULTILINE):
        yield {"type": "library", "name": package, "version": version, "purl": f"pkg:pypi/{package}@{version}"}


def _files(name: str) -> Iterator[Component]:
    """Jars, and modules of Go programs, of the build context in the cache."""
    if name in ("kafka", "registry"):
        for jar in sorted({path.name for path in _context("streaming-*", name).rglob("*.jar")}):
            match = _JAR.fullmatch(jar)
            known = {"name": match["name"], "version": match["version"]} if match else {"name": jar}
            yield {"type": "library"} | known
    elif name in _GO_PROGRAMS:
        go = shutil.which("go")
        if go is None:
            raise FileNotFoundError("go, which reads the modules of a program")
        pattern, programs = _GO_PROGRAMS[name]
        command = [go, "version", "-m", *(str(_context(pattern, program)) for program in programs)]
        text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        modules = re.findall(r"^\t(?:mod|dep)\t(\S+)\t(\S+)", text, re.MULTILINE)
        for module, version in dict.fromkeys(modules):  # two programs share most of them
            purl = f"pkg:golang/{module}@{version}"
            yield {"type": "library", "name": module, "version": version, "purl": purl}


def _context(pattern: str, name: str) -> Path:
    folders = [path / name for path in sorted(cache_dir().glob(pattern)) if (path / name).exists()]
    if not folders:
        raise FileNotFoundError(f"{name} in the cache: `make setup` fetches it, Alertmanager `make images-local`")
    return folders[-1]
