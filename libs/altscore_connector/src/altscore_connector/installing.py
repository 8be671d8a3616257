"""What a release file does when Python runs it: `install --into FOLDER`, or any command of the connector at once."""

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from altscore_connector import bundle
from altscore_connector.errors import UpdateError
from altscore_connector.installation import START, create


def main(bundle_file: Path, argv: Sequence[str]) -> int:
    """Runs the file.

    Returns:
        0 done, 1 failed, 2 wrong usage; else the exit status of the connector's command.
    """
    try:
        if argv[:1] == ["install"]:
            return _install(bundle_file, argv[1:])
        return _run(bundle_file, argv)
    except UpdateError as error:
        sys.stderr.write(f"error: {error}\n")
    except OSError as error:
        sys.stderr.write(f"error: {error.strerror or 'a file cannot be used'}: {error.filename or ''}\n")
    return 1


def _install(bundle_file: Path, argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"{bundle_file.name} install", description="Installs the connector.")
    parser.add_argument("--into", type=Path, required=True, help="a new folder")
    command = create(parser.parse_args(argv).into, bundle_file)
    sys.stdout.write(f"installed; the command is {command}\n")
    return 0


def _run(bundle_file: Path, argv: Sequence[str]) -> int:
    """Runs a command from a folder that is removed afterwards; in a child, as Windows keeps what is loaded."""
    with tempfile.TemporaryDirectory(prefix="altscore-connector-", ignore_cleanup_errors=True) as parent:
        folder = Path(parent) / "unpacked"
        bundle.unpack(bundle_file, folder, target=bundle.this_target())
        with subprocess.Popen([sys.executable, "-I", "-B", "-c", START, str(folder), *argv]) as child:
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:  # the child got it too, and ends in its own way
                    continue
