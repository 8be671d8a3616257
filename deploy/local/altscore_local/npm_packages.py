"""Packages of Node: exactly those of a lock, installed once into the cache, whichever clone comes first."""

import os
import shutil
import subprocess
from pathlib import Path

from altscore_local.environments import ENVIRONMENTS_VARIABLE
from altscore_local.files import digest_of
from altscore_local.layout import ROOT, cache_dir

PACKAGE_FILES = ("package.json", "package-lock.json", ".npmrc")
QUIET = ("--no-audit", "--no-fund", "--loglevel", "error")
_SIMULATORS = ROOT / "tests" / "simulators"
IDENTITY_PROVIDERS = ("saml", "oidc")


def packages_of(provider: str) -> Path:
    """Folder with the packages of a simulated identity provider, by the digest of their lock.

    An image has them in the folder that ALTSCORE_ENVIRONMENTS names.
    """
    if folder := os.environ.get(ENVIRONMENTS_VARIABLE):
        return Path(folder) / provider / "node_modules"
    lock = _SIMULATORS / f"simulators_{provider}" / "package-lock.json"
    return cache_dir() / f"{provider}-{digest_of([lock])[:16]}" / "node_modules"


def ensure_identity_providers() -> None:
    """Installs the packages of both simulated identity providers.

    Raises:
        SystemExit: npm is not installed.
    """
    for provider in IDENTITY_PROVIDERS:
        folder = packages_of(provider).parent
        if folder.exists():
            continue
        if shutil.which("npm") is None:
            raise SystemExit("`npm` is needed to install the simulated identity providers (Node 20 or newer)")
        install(folder, _SIMULATORS / f"simulators_{provider}", "--ignore-scripts")


def install(folder: Path, source: Path, *options: str) -> None:
    """Installs what a lock names beside a copy of it, in a folder that is whole from the moment it exists.

    Args:
        folder: of the cache; an existing one is left as it is.
        source: with package.json, its lock and npm's settings.
        options: further ones of `npm ci`.
    """
    if folder.exists():
        return
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    unfinished.mkdir(parents=True)
    for name in PACKAGE_FILES:
        shutil.copyfile(source / name, unfinished / name)
    try:
        subprocess.run(["npm", "ci", *QUIET, *options], cwd=unfinished, check=True)
        unfinished.rename(folder)
    except OSError:
        if not folder.exists():  # another clone was faster
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
