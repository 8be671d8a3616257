"""Entry point of every image of ours: takes settings from a file where one is named, then becomes the process.

`run.py COMMAND` runs `python -m altscore_$ALTSCORE_SERVICE COMMAND`; `run.py --exec PROGRAM ...` runs another program.
ALTSCORE_ENV_FILE names a file of NAME='value' lines, so that no secret stands in a container's description.
Standard library only.
"""

import os
import runpy
import shlex
import sys
from pathlib import Path


def read_env_file(path: Path) -> dict[str, str]:
    """Variables of an environment file.

    Raises:
        ValueError: a line is no NAME='value'.
    """
    variables = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, is_pair, value = line.partition("=")
        words = shlex.split(value) if is_pair else []
        if len(words) > 1 or not is_pair:
            raise ValueError(f"{path}: a line is not NAME='value'")  # the line itself may hold a secret
        variables[name] = words[0] if words else ""
    return variables


def main() -> None:
    """Runs the process."""
    if named := os.environ.get("ALTSCORE_ENV_FILE"):
        os.environ.update(read_env_file(Path(named)))
    if sys.argv[1:2] == ["--exec"]:
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  # the image's own program
    runpy.run_module(f"altscore_{os.environ['ALTSCORE_SERVICE']}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
