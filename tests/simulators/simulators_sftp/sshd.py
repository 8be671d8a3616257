"""One sshd with one user: its keys, its configuration, its folder, and its end."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from simulators_sftp.programs import Programs

USER = "distributor"
DROP = "drop"
PASSWORD = "a-password"
_UID_AS_ROOT = 61_733
_STARTS_WITHIN_S = 10.0
# Compiled into Debian's sshd: an empty folder in which the part before a login runs, needed as root only.
_EMPTY_FOLDER = Path("/run/sshd")


class SshdError(Exception):
    """sshd did not start."""


@dataclass(frozen=True)
class Keys:
    """Key files: two host keys, so that one can be changed, and the user's."""

    hosts: tuple[Path, Path]
    user: Path


def make_keys(folder: Path) -> Keys:
    """New Ed25519 keys in a folder; the user's private key is `user`, its public half beside it."""
    names = ("host-first", "host-second", "user")
    for name in names:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)],
            check=True,
            timeout=30,
        )
    return Keys(hosts=(folder / names[0], folder / names[1]), user=folder / names[2])


@dataclass(frozen=True)
class Home:
    """The user's world.

    Attributes:
        root: what the user sees as `/` when confined; else only where a session starts.
        is_confined: whether sshd locks the user into `root` (chroot, which needs root).
    """

    root: Path
    is_confined: bool

    @property
    def drop(self) -> Path:
        """The folder into which files are put."""
        return self.root / DROP


def make_home(state: Path) -> Home:
    """A folder of its own: as root below /run, where nobody else can write, as chroot demands; else in `state`."""
    if os.geteuid() != 0:
        home = Home(root=state / "home", is_confined=False)
        home.drop.mkdir(parents=True)
        return home
    root = Path(tempfile.mkdtemp(prefix="altscore-sftp-", dir="/run"))
    root.chmod(0o755)
    home = Home(root=root, is_confined=True)
    home.drop.mkdir()
    os.chown(home.drop, _UID_AS_ROOT, _UID_AS_ROOT)
    return home


class Sshd:
    """The server process on a loopback port.

    Args:
        state: folder for configuration, log and lists of users.
    """

    def __init__(self, programs: Programs, *, state: Path, keys: Keys, home: Home) -> None:
        self._programs, self._state, self._keys, self.home = programs, state, keys, home
        self._process: subprocess.Popen[bytes] | None = None
        self._password_hash = _crypted(PASSWORD)
        self.host_key = 0
        self.port = 0

    def start(self, *, host_key: int = 0) -> None:
        """Starts with one of the two host keys, on a new port.

        Raises:
            SshdError: it does not listen in time; the message ends with its log.
        """
        self.stop()
        self.host_key, self.port = host_key, _free_port()
        if self.home.is_confined:
            _EMPTY_FOLDER.mkdir(mode=0o755, exist_ok=True)
        # sshd reads it as the user, who may not enter the folder of the keys.
        shutil.copyfile(self._keys.user.with_suffix(".pub"), self.home.root / "authorized_keys")
        config = self._state / "sshd_config"
        config.write_text(self._config(), encoding="utf-8")
        with (self._state / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs.sshd), "-D", "-e", "-f", str(config)],
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.stop()
        raise SshdError((self._state / "sshd.log").read_text(encoding="utf-8", errors="replace")[-2000:])

    def stop(self) -> None:
        """Ends the server and all its connections."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=10)
        self._process = None

    def remove_home(self) -> None:
        """Removes the user's folder with all its files."""
        shutil.rmtree(self.home.root, ignore_errors=True)

    def public_host_key(self) -> str:
        """Type and base64 of the host key in use, as a known_hosts line names it."""
        text = self._keys.hosts[self.host_key].with_suffix(".pub").read_text(encoding="ascii")
        return " ".join(text.split()[:2])

    def _config(self) -> str:
        where = (
            f"ChrootDirectory {self.home.root}\nForceCommand internal-sftp"
            if self.home.is_confined
            else f"ForceCommand internal-sftp -d {self.home.root}"
        )
        return f"""\
Port {self.port}
ListenAddress 127.0.0.1
HostKey {self._keys.hosts[self.host_key]}
AuthorizedKeysFile {self.home.root / "authorized_keys"}
AllowUsers {USER}
StrictModes no
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin no
PermitTTY no
DisableForwarding yes
PidFile none
MaxStartups 100
Subsystem sftp internal-sftp
{where}
"""

    def _environment(self) -> dict[str, str]:
        uid = _UID_AS_ROOT if self.home.is_confined else os.geteuid()
        users, groups = self._state / "passwd", self._state / "group"
        shell = "/bin/sh"
        lines = [
            f"{USER}:{self._password_hash}:{uid}:{uid}::{self.home.root}:{shell}",
            f"sshd:x:{_UID_AS_ROOT}:{_UID_AS_ROOT}::/:{shell}",
        ]
        if uid != 0:
            lines.append(f"root:x:0:0::/:{shell}")
        users.write_text("\n".join(lines) + "\n", encoding="ascii")
        groups.write_text(f"root:x:0:\n{USER}:x:{uid}:\n", encoding="ascii")
        return {
            "PATH": "/usr/bin:/bin",
            "LD_LIBRARY_PATH": str(self._programs.libraries),
            "LD_PRELOAD": str(self._programs.users_library),
            "NSS_WRAPPER_PASSWD": str(users),
            "NSS_WRAPPER_GROUP": str(groups),
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _crypted(password: str) -> str:
    """The password as /etc/passwd holds it; `*`, which lets nobody in, where there is no openssl."""
    if shutil.which("openssl") is None:
        return "*"
    command = ["openssl", "passwd", "-6", "-stdin"]
    done = subprocess.run(command, input=password, check=True, capture_output=True, text=True, timeout=30)
    return done.stdout.strip()
