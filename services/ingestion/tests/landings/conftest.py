"""A running SFTP server on loopback, and the real client of OpenSSH."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from altscore_ingestion.landings.refusals import SftpRefusals
from altscore_ingestion.landings.server import Limits, SftpListener
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, api_client

from ..world import CATALOGUE, World


@dataclass
class Site:
    """A distributor's computer: its key, the pinned host key, and `sftp`."""

    folder: Path
    port: int
    user: str = "dist_a"
    key: str = "key"

    @property
    def command(self) -> list[str]:
        """`sftp -b -` with nothing of this machine's configuration."""
        options = {
            "IdentityFile": str(self.folder / self.key),
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
        }
        told = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        return ["sftp", "-q", "-F", "/dev/null", "-P", str(self.port), *told, "-b", "-", f"{self.user}@127.0.0.1"]

    async def sftp(self, *lines: str) -> tuple[int, str]:
        """Status and output of a batch of commands."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            cwd=self.folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate("\n".join((*lines, "")).encode()), 60)
        return process.returncode or 0, output.decode()

    async def hand_in(self, name: str, text: str | bytes) -> tuple[int, str]:
        """Puts a file and renames it."""
        (self.folder / "export").write_bytes(text.encode() if isinstance(text, str) else text)
        return await self.sftp(f"put export {name}.part", f"rename {name}.part {name}")


def make_key(folder: Path, name: str = "key", kind: str = "ed25519", *more: str) -> str:
    """A key pair of OpenSSH; the public line."""
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", kind, *more, "-N", "", "-C", "somebody@somewhere", "-f", str(path)]
    subprocess.run(command, check=True)
    return path.with_suffix(".pub").read_text(encoding="ascii")


async def register(world: World, public_key: str, distributor_id: str = "dist_a") -> Any:
    """The answer to admin."""
    async with api_client(world.app, "admin") as client:
        return await client.post(
            f"/internal/admin/distributors/{distributor_id}/sftp-keys", json={"public_key": public_key}
        )


@asynccontextmanager
async def serving(world: World, folder: Path, limits: Limits) -> AsyncIterator[SftpListener]:
    """A listener on a free port."""
    host_key = folder / "host_key"
    if not host_key.exists():
        make_key(folder, "host_key")
    outbox = Outbox(CATALOGUE, "ingestion", world.clock, mac_key=OUTBOX_KEY)
    listener = SftpListener(
        world.landings,
        SftpRefusals(world.pool, outbox=outbox, clock=world.clock),
        host_key_file=host_key,
        address=("127.0.0.1", 0),
        limits=limits,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(listener.run(stop))
    await asyncio.wait_for(listener.started.wait(), 30)
    kind, blob = host_key.with_suffix(".pub").read_text(encoding="ascii").split()[:2]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{listener.port} {kind} {blob}\n", encoding="ascii")
    try:
        yield listener
    finally:
        stop.set()
        await running


Server = Callable[..., Any]


@pytest.fixture
def server(world: World, tmp_path: Path) -> Server:
    """Starts a listener with limits of a test."""
    return lambda **limits: serving(world, tmp_path, Limits(**limits))


@pytest_asyncio.fixture
async def site(world: World, tmp_path: Path, server: Server) -> AsyncIterator[Site]:
    """A distributor whose key is registered, and a server for it."""
    await world.onboard()
    answer = await register(world, make_key(tmp_path))
    assert answer.status_code == 201, answer.text
    async with server() as listener:
        yield Site(tmp_path, listener.port)
