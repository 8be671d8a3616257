"""The environment files of the processes: NAME='value' lines that a shell can read too."""

from pathlib import Path


def environment_of(env_file: Path) -> dict[str, str] | None:
    """The variables of an environment file of the stack, None where there is none."""
    if not env_file.exists():
        return None
    pairs = (line.split("=", 1) for line in env_file.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {name: value[1:-1] for name, value in pairs}
