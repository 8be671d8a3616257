"""`python -m altscore_release build | key | sign`: releases of the connector."""

import argparse
import getpass
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from altscore_local.layout import ROOT, open_layout

from altscore_release import keys
from altscore_release.build import PROJECT, BuildError, build_bundle, build_wheel, sha256_of, version_of
from altscore_release.release import LIFE_DAYS, pinned_keys, sign, write_manifest


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; 1 when it failed."""
    parser = argparse.ArgumentParser(prog="altscore_release", description="Releases of the connector.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="wheel, release file and manifest into var/connector")
    build.add_argument("--life-days", type=int, default=LIFE_DAYS, help="how long it can be installed")
    make = commands.add_parser("key", help="a new release key under a password")
    signing = commands.add_parser("sign", help="signs what was built")
    signing.add_argument("--folder", type=Path, help="default: the newest of var/connector")
    for command in (make, signing):
        command.add_argument("--key", type=Path, required=True, help="the key file, outside of the repository")
        command.add_argument("--password-file", type=Path, help="default: asked for on the terminal")
    options = parser.parse_args(argv)
    try:
        {"build": _build, "key": _key, "sign": _sign}[options.command](options)
    except (BuildError, keys.KeyFileError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _build(options: argparse.Namespace) -> None:
    parent = open_layout().var / "connector"
    unfinished = parent / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    wheel = build_wheel(PROJECT, unfinished)
    bundle = build_bundle(wheel, unfinished)
    write_manifest(unfinished, bundle, released_at=datetime.now(UTC), life_days=options.life_days)
    folder = parent / version_of(wheel)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    for path in sorted(folder.iterdir()):
        print(f"  {sha256_of(path)}  {path.stat().st_size:>10,}  {path.name}")
    print(f"release {version_of(wheel)} in {folder.relative_to(ROOT)}, unsigned: make connector-sign KEY=<key file>")
    if not pinned_keys(folder / wheel.name):
        print("no release key is pinned in release_keys.py: what is built here accepts no update", file=sys.stderr)


def _key(options: argparse.Namespace) -> None:
    if options.key.resolve().is_relative_to(ROOT):
        raise keys.KeyFileError(f"{options.key} lies in the repository; a release key lies elsewhere, offline")
    password = _password(options.password_file, is_new=True)
    key = keys.generate()
    keys.write(options.key, key, password)
    print(f"key {key.name} in {options.key}; its public key, for release_keys.py:\n{key.public}")


def _sign(options: argparse.Namespace) -> None:
    folder = options.folder or _newest(open_layout().var / "connector")
    for path in sign(folder, keys.read(options.key, _password(options.password_file, is_new=False))):
        print(f"  {path}")


def _newest(parent: Path) -> Path:
    manifests = sorted(parent.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime)
    if not manifests:
        raise BuildError("nothing was built yet: make connector-release")
    return manifests[-1].parent


def _password(file: Path | None, *, is_new: bool) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise keys.KeyFileError(f"{file} cannot be read: {error.strerror}") from None
    password = getpass.getpass("password of the release key: ")
    if is_new and getpass.getpass("again: ") != password:
        raise keys.KeyFileError("the two passwords differ")
    return password


if __name__ == "__main__":
    sys.exit(main())
