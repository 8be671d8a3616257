"""The connector as a service: a systemd unit, or a task for the Task Scheduler of Windows."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

TASK_NAME = "AltScore Connector"
UNIT_NAME = "altscore-connector.service"


@dataclass(frozen=True)
class ServiceCommand:
    """What the service runs.

    Attributes:
        python: the interpreter in which the connector is installed.
        config_file: absolute.
        writable: folders that it writes to.
        program: what the interpreter starts: the package, or the launcher of an installation that updates itself.
    """

    python: Path
    config_file: Path
    writable: tuple[Path, ...]
    program: tuple[str, ...] = ("-m", "altscore_connector")


def systemd_unit(command: ServiceCommand, user: str | None) -> str:
    """Text of the unit.

    Args:
        command: what it runs.
        user: who runs it; None for a unit of the calling user.
    """
    arguments = (*command.program, "sync", "--config", str(command.config_file))
    # Only a command has variables too.
    words = " ".join(_quoted(argument).replace("$", "$$") for argument in (str(command.python), *arguments))
    paths = "\n".join(f"ReadWritePaths={_quoted(str(path))}" for path in command.writable)
    return f"""[Unit]
Description=AltScore connector
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={words}
WorkingDirectory={_path(command.config_file.parent)}
{f"User={user}" + chr(10) if user else ""}Restart=always
RestartSec=60
UMask=0077
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=strict
{paths}
MemoryMax=400M

[Install]
WantedBy={"multi-user.target" if user else "default.target"}
"""


def _quoted(argument: str) -> str:
    """A value of a unit: percent signs are its own, quotes and backslashes are escaped."""
    text = argument.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


def _path(path: Path) -> str:
    """A path that takes a whole line is not quoted."""
    return str(path).replace("%", "%%")


def windows_task(command: ServiceCommand) -> str:
    """Text of the task, for `schtasks /Create /XML`: from the machine's start on, again after a fault."""
    program = " ".join(f'"{part}"' if " " in part else part for part in command.program)
    arguments = f'{program} sync --config "{command.config_file}"'
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Sends the ledger to AltScore.</Description>
  </RegistrationInfo>
  <Triggers>
    <BootTrigger>
      <Enabled>true</Enabled>
      <Delay>PT1M</Delay>
    </BootTrigger>
    <CalendarTrigger>
      <StartBoundary>2026-01-01T06:00:00</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>S4U</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
    <Enabled>true</Enabled>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(str(command.python))}</Command>
      <Arguments>{escape(arguments)}</Arguments>
      <WorkingDirectory>{escape(str(command.config_file.parent))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
