"""Where the checks of the infrastructure run, and how they run terraform."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

STEP_TIMEOUT_S = 1_200.0


class Skipped(Exception):
    """A part that this machine cannot run; the text says what is missing."""


class Failed(Exception):
    """A part that ran and does not hold."""


@dataclass(frozen=True)
class Workspace:
    """Where the checks run.

    Args:
        root: the copy of infra/terraform.
        data: folder of Terraform's own files, outside the copy.
        plugins: mirror of provider plug-ins, None when there is none.
        tools: Python environment of moto and checkov.
    """

    root: Path
    data: Path
    plugins: Path | None
    tools: Path

    def terraform(
        self,
        folder: str,
        *arguments: str,
        accept: tuple[int, ...] = (0,),
        settings: dict[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Runs terraform in a folder of the copy.

        Args:
            folder: folder below the copy, "" for the copy itself.
            arguments: what follows the program's name.
            accept: statuses that are no failure.
            settings: further variables of the environment.

        Raises:
            Skipped: terraform is not installed.
            Failed: another status than the accepted ones, or it took more than 20 minutes.
        """
        program = shutil.which("terraform")
        if program is None:
            raise Skipped("terraform is not on the PATH")
        environment = {
            "TF_DATA_DIR": str(self.data / (folder.replace("/", "-") or "root")),
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_CONFIG_FILE": str(self.data / "terraform.rc"),
            "CHECKPOINT_DISABLE": "1",
        }
        return run([program, *arguments], self.root / folder, {**environment, **(settings or {})}, accept=accept)

    def init(self, folder: str) -> None:
        """Prepares a folder with plug-ins of the mirror alone.

        Raises:
            Skipped: there is no mirror.
            Failed: it lacks a provider that the folder needs.
        """
        if self.plugins is None:
            raise Skipped("TF_PLUGIN_DIR is not set: it names a folder with provider plug-ins")
        self.terraform(folder, "init", "-backend=false", "-input=false", "-no-color", f"-plugin-dir={self.plugins}")


def run(
    command: list[str], folder: Path, settings: dict[str, str], *, accept: tuple[int, ...] = (0,)
) -> "subprocess.CompletedProcess[str]":
    """Runs a program; its output is shown only when it fails.

    Raises:
        Failed: another status than the accepted ones, or it took more than 20 minutes.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{Path(command[0]).name} {command[1]} took more than {STEP_TIMEOUT_S:.0f} s") from late
    if done.returncode not in accept:
        raise Failed(f"{Path(command[0]).name} {command[1]}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done
