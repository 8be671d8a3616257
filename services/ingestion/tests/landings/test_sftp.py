"""Files by SFTP with OpenSSH's own client: what arrives, what is refused, what nobody gets to see."""

import asyncio
import inspect
import json
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from altscore_ingestion.landings.domain import MAX_WAITING_FILES
from altscore_ingestion.landings.folder import DistributorFolder
from altscore_ingestion.landings.retention import landing_retention
from altscore_ingestion.landings.server import Limits
from altscore_ingestion.uploads.domain import MAX_FILE_BYTES, UPLOADS_PER_HOUR
from altscore_libs.testing import api_client

from ..uploads.test_routes import NAME, A, B, csv, ledger
from ..world import World
from .conftest import Server, Site, make_key, register, serving


async def report(site: Site, name: str) -> Any:
    """What the sender reads of a file."""
    status, output = await site.sftp(f"get findings/{name}.json told.json")
    assert status == 0, output
    return json.loads((site.folder / "told.json").read_text(encoding="utf-8"))


async def states(world: World) -> list[str]:
    """Of all landed files, in order."""
    return [row["state"] for row in await world.pool.fetch("SELECT state FROM landed_file ORDER BY landed_id")]


async def test_a_renamed_file_becomes_a_batch_as_an_upload_does(world: World, site: Site) -> None:
    assert (await site.hand_in(NAME, csv(A, B)))[0] == 0
    assert (await report(site, NAME))["state"] == "waiting"
    assert await world.landed.step()
    told = await report(site, NAME)
    [batch] = told["batches"]
    assert (told["state"], told["findings"], batch["accepted"]) == ("taken", [], 5)
    assert (await ledger(world))["invoices"] == {"S/1": "1180.00", "S/2": "2500.00"}
    [landed], [received], [ended] = [
        await world.audited(action) for action in ("sftp_file_landed", "upload_received", "sftp_file_ended")
    ]
    assert [event["actor"] for event in (landed, received, ended)] == ["dist_a"] * 3
    assert (landed["subject"], ended["outcome"]) == (ended["subject"], "taken")


async def test_files_are_read_in_the_order_in_which_they_were_handed_in(world: World, site: Site) -> None:
    for amount in ("1180.00", "1500.00", "1200.00"):
        await site.hand_in(NAME, csv(f"S/1,05-07-2025,Om Traders,,{amount},"))
    while await world.landed.step():
        continue
    assert (await ledger(world))["invoices"] == {"S/1": "1200.00"}
    assert await states(world) == ["taken"] * 3


async def test_uploads_over_https_and_sftp_know_of_each_other(world: World, site: Site) -> None:
    await world.upload(world.known["dist_a"], NAME, csv(A, B))
    await site.hand_in(NAME, csv(B))
    await world.landed.step()
    assert (await report(site, NAME))["withdrawn"] == 2
    assert (await ledger(world))["invoices"] == {"S/2": "2500.00"}


async def test_a_file_of_which_nothing_can_be_read_is_refused_with_its_findings(world: World, site: Site) -> None:
    await site.hand_in(NAME, "Nothing,of,this\n1,2,3\n")
    await world.landed.step()
    told = await report(site, NAME)
    assert (told["state"], told["code"]) == ("refused", "UPLOAD_REFUSED")
    assert [finding["rule"] for finding in told["findings"]] == ["no_header"]


async def test_nothing_of_a_landed_file_is_kept_in_plain_or_for_longer_than_it_takes(
    world: World, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await site.hand_in(NAME, csv(A))
    stored = await world.pool.fetchval("SELECT content FROM landed_file")
    assert b"Om Traders" not in bytes(stored)
    await world.landed.step()
    row = await world.pool.fetchrow("SELECT content, key_wrapped, report::text FROM landed_file")
    assert (row["content"], row["key_wrapped"]) == (None, None)
    assert "Om Traders" not in row["report"] + caplog.text
    world.clock.advance(seconds=timedelta(days=31).total_seconds())
    await landing_retention(world.pool, world.clock).step()
    assert await states(world) == []


# Until it is renamed, a file is not there.


@pytest.mark.parametrize(
    "lines",
    [
        (f"put export {NAME}",),
        (f"put export {NAME}.part",),
        (f"put export {NAME}.part", f"rename {NAME}.part other.csv"),
        (f"put export {NAME}.part", f"rename {NAME}.part findings/{NAME}"),
        ("put export ../../etc/cron.csv.part",),
        ("put export .hidden.csv.part",),
        ("put export notes.txt",),
        ("mkdir more",),
        (f"put export {NAME}.part", f"get {NAME}.part back"),
        (f"put export {NAME}.part", f"ln -s /etc/passwd {NAME}"),
        ("df",),
        ("get /etc/passwd back",),
    ],
)
async def test_what_is_not_handed_in_as_documented_is_refused_and_leaves_nothing(
    world: World, site: Site, lines: tuple[str, ...]
) -> None:
    (site.folder / "export").write_text(csv(A), encoding="utf-8")
    status, _ = await site.sftp(*lines)
    assert status == (0 if lines == (f"put export {NAME}.part",) else 1)
    assert await states(world) == []
    assert not (site.folder / "back").exists()


async def test_a_client_that_is_cut_leaves_nothing_and_the_next_one_starts_anew(world: World, site: Site) -> None:
    (site.folder / "export").write_bytes(b"x" * MAX_FILE_BYTES)
    process = await asyncio.create_subprocess_exec(
        *site.command,
        cwd=site.folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(f"put export {NAME}.part\nls\n".encode())
    await process.stdin.drain()
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readuntil(b"findings"), 60)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await states(world) == []
    assert (await site.hand_in(NAME, csv(A)))[0] == 0
    assert await states(world) == ["waiting"]


async def test_a_larger_file_is_refused_before_it_is_whole(world: World, site: Site) -> None:
    status, _ = await site.hand_in(NAME, b"x" * (MAX_FILE_BYTES + 1))
    assert status != 0
    assert await states(world) == []


async def test_no_more_files_wait_than_an_hour_takes(world: World, site: Site) -> None:
    await site.hand_in(NAME, csv(A))
    await world.pool.execute(
        "INSERT INTO landed_file (distributor_id, fingerprint, file_name, client_upload_id, size, key_wrapped, content,"
        " landed_at, next_try_at) SELECT distributor_id, fingerprint, file_name, gen_random_uuid(), size, key_wrapped,"
        " content, landed_at, next_try_at FROM landed_file, generate_series(2, $1)",
        MAX_WAITING_FILES,
    )
    status, _ = await site.hand_in(NAME, csv(A))
    assert (status, await states(world)) == (1, ["waiting"] * MAX_WAITING_FILES)


async def test_what_an_hour_does_not_take_waits_for_the_next(world: World, site: Site) -> None:
    connector = world.known["dist_a"]
    for _ in range(UPLOADS_PER_HOUR):
        await world.upload(connector, NAME, "Nothing,of,this\n1,2,3\n")
    await site.hand_in(NAME, csv(A))
    assert not await world.landed.step()
    assert not await world.landed.step(), "it is not tried before its time"
    world.clock.advance(seconds=3_601)
    assert await world.landed.step()
    assert await states(world) == ["taken"]


# Who may come in, and what they see.


@pytest.mark.parametrize("user", ["dist_b", "root", "DIST_A", "dist_unknown"])
async def test_a_key_opens_its_own_account_alone(world: World, site: Site, user: str) -> None:
    await world.onboard("dist_b")
    site.user = user
    status, _ = await site.sftp("ls")
    assert status == 255
    [refused] = await _until_audited(world)
    assert (refused["actor"], refused["reason"], refused["details"]["ip"]) == (
        "unknown",
        "ssh_login_failed",
        "127.0.0.1",
    )


async def _until_audited(world: World) -> list[dict[str, Any]]:
    for _ in range(1_000):
        if events := await world.audited("failed_auth"):
            return events
        await asyncio.sleep(0)
    return []


async def test_neither_password_nor_shell_nor_forwarding(site: Site) -> None:
    options: dict[str, Any] = {
        "known_hosts": str(site.folder / "known_hosts"),
        "config": [],
        "username": "dist_a",
        "agent_path": None,
    }
    with pytest.raises(asyncssh.PermissionDenied):
        async with asyncssh.connect("127.0.0.1", site.port, password="guess", client_keys=[], **options):
            pass
    async with asyncssh.connect("127.0.0.1", site.port, client_keys=[str(site.folder / "key")], **options) as inside:
        with pytest.raises(asyncssh.ChannelOpenError):
            await inside.open_connection("127.0.0.1", 22)
        with pytest.raises(asyncssh.ChannelListenError):
            await inside.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 22)
        for command in ("id", "scp -t /"):
            with pytest.raises(asyncssh.Error):
                await inside.run(command, check=True)


async def test_another_distributors_files_and_reports_are_not_seen(world: World, site: Site, tmp_path: Path) -> None:
    await site.hand_in(NAME, csv(A))
    await world.onboard("dist_b")
    assert (await register(world, make_key(tmp_path, "other"), "dist_b")).status_code == 201
    other = Site(tmp_path, site.port, user="dist_b", key="other")
    status, output = await other.sftp("ls -1 findings")
    assert (status, NAME in output) == (0, False)
    status, _ = await other.sftp(f"get findings/{NAME}.json back")
    assert (status, (tmp_path / "back").exists()) == (1, False)
    assert NAME in (await site.sftp("ls -1 findings"))[1]


def test_no_request_is_answered_from_the_disk_of_this_machine() -> None:
    """What the library answers by itself, it answers from the disk."""
    harmless = {"channel", "connection", "env", "logger", "convert_attrs", "map_path", "reverse_map_path"}
    public = {name for name in vars(asyncssh.SFTPServer) if not name.startswith("_")}
    assert len(public) > 30
    own = {name for name, value in vars(DistributorFolder).items() if inspect.isfunction(value)}
    assert public - own - harmless == {"format_longname"}


async def test_a_revoked_key_hands_nothing_in_on_an_open_connection_and_what_waits_is_dropped(
    world: World, site: Site
) -> None:
    await site.hand_in(NAME, csv(A))
    client = await asyncssh.connect(
        "127.0.0.1",
        site.port,
        username="dist_a",
        client_keys=[str(site.folder / "key")],
        known_hosts=str(site.folder / "known_hosts"),
        config=[],
    )
    async with client, client.start_sftp_client() as sftp:
        async with sftp.open("late.csv.part", "wb") as file:
            await file.write(csv(B).encode())
        async with api_client(world.app, "admin") as admin:
            answer = await admin.post("/internal/admin/distributors/dist_a/sftp-keys/revoke", json={})
        assert answer.json() == {"sftp_keys": 1}
        with pytest.raises(asyncssh.SFTPFailure):
            await sftp.rename("late.csv.part", "late.csv")
        with pytest.raises(asyncssh.SFTPFailure):
            await sftp.listdir("findings")
    assert (await site.sftp("ls"))[0] == 255
    await world.landed.step()
    assert await states(world) == ["dropped"]
    assert await ledger(world) == {"invoices": {}, "payments": {}, "returns": {}}


async def test_revoking_a_distributor_ends_its_ssh_keys_and_counts_them(world: World, site: Site) -> None:
    async with api_client(world.app, "admin") as admin:
        answer = await admin.post("/internal/admin/distributors/dist_a/revoke", json={})
    assert answer.json()["sftp_keys"] == 1
    assert (await site.sftp("ls"))[0] == 255


async def test_what_waits_of_a_suspended_distributor_is_kept_until_that_is_undone(world: World, site: Site) -> None:
    await site.hand_in(NAME, csv(A))
    order = {"by": "ops-1"}
    async with api_client(world.app, "admin") as admin:
        assert (await admin.post("/internal/admin/distributors/dist_a/suspend", json=order)).status_code == 200
        await world.landed.step()
        assert await states(world) == ["waiting"]
        assert (await admin.post("/internal/admin/distributors/dist_a/reactivate", json=order)).status_code == 200
    world.clock.advance(seconds=600)
    await world.landed.step()
    assert await states(world) == ["taken"]


# Clients that are slow, silent or many.


async def test_a_silent_client_is_cut(world: World, tmp_path: Path, server: Server) -> None:
    await world.onboard()
    await register(world, make_key(tmp_path))
    async with server(idle_s=0.2) as listener:
        client = await asyncssh.connect(
            "127.0.0.1",
            listener.port,
            username="dist_a",
            client_keys=[str(tmp_path / "key")],
            known_hosts=str(tmp_path / "known_hosts"),
            config=[],
        )
        await asyncio.wait_for(client.wait_closed(), 30)
        assert not listener.open


async def test_a_client_that_never_logs_in_is_cut(world: World, server: Server) -> None:
    async with server(login_s=0.2) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        await asyncio.wait_for(reader.read(), 30)
        writer.close()


async def test_connections_are_bounded(world: World, tmp_path: Path, server: Server) -> None:
    async with server(max_connections=2) as listener:
        held = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(2)]
        for reader, _ in held:
            await asyncio.wait_for(reader.readline(), 30)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        rest = await asyncio.wait_for(reader.read(), 30)
        assert rest.count(b"\n") <= 1, "cut off"
        for _, other in [*held, (reader, writer)]:
            other.close()


async def test_unfinished_files_of_all_connections_are_bounded_and_given_back(world: World, tmp_path: Path) -> None:
    await world.onboard()
    await register(world, make_key(tmp_path))
    async with serving(world, tmp_path, Limits(process_bytes=1_000)) as listener:
        site = Site(tmp_path, listener.port)
        assert (await site.hand_in(NAME, b"x" * 1_001))[0] == 1
        assert (await site.hand_in(NAME, csv(A)))[0] == 0
        assert listener.budget.left == 1_000


# Keys.


@pytest.mark.parametrize(("kind", "more"), [("ed25519", ()), ("ecdsa", ()), ("rsa", ("-b", "3072"))])
async def test_keys_of_these_kinds_are_registered_without_their_comment(
    world: World, tmp_path: Path, kind: str, more: tuple[str, ...]
) -> None:
    await world.onboard()
    line = make_key(tmp_path, "key", kind, *more)
    answer = await register(world, line)
    assert (answer.status_code, answer.json()["user"]) == (201, "dist_a")
    stored = await world.pool.fetchrow("SELECT fingerprint, public_key FROM sftp_key")
    assert stored["public_key"] == " ".join(line.split()[:2])
    assert stored["fingerprint"] == answer.json()["fingerprint"]
    assert (await register(world, line)).json()["code"] == "KEY_REGISTERED"


@pytest.mark.parametrize(
    "line",
    [
        "ssh-rsa AAAA",
        "ssh-ed25519 " + "A" * 68,
        'command="sh" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE',
        "-----BEGIN OPENSSH PRIVATE KEY-----" + "A" * 40,
        "ssh-ed25519 ä" + "A" * 60,
    ],
)
async def test_what_is_no_plain_key_is_refused_without_an_echo(world: World, line: str) -> None:
    await world.onboard()
    answer = await register(world, line)
    assert (answer.status_code, "AAAA" in answer.text) == (400, False)


async def test_short_rsa_keys_and_unknown_distributors_are_refused(world: World, tmp_path: Path) -> None:
    await world.onboard()
    assert (await register(world, make_key(tmp_path, "weak", "rsa", "-b", "2048"))).status_code == 400
    assert (await register(world, make_key(tmp_path), "dist_nobody")).status_code == 404
