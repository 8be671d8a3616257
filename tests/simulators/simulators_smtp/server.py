"""The server's side of SMTP (RFC 5321, RFC 3207), as far as a submission needs it; messages stay in memory."""

import asyncio
import contextlib
import email
import email.policy
import ssl
from dataclasses import dataclass, field

MODES = frozenset({"ok", "hang", "refuse", "busy", "no_starttls", "cut"})
LONGEST_BYTES = 65_536
_LINE_S = 30.0


@dataclass
class Mailbox:
    """What was taken, and how the server behaves now."""

    mode: str = "ok"
    messages: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0

    def take(self, recipients: list[str], content: bytes) -> None:
        """Keeps a message."""
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(("plain",))
        text = "" if body is None else str(body.get_content())
        self.messages.append({"to": ",".join(recipients), "subject": str(message["Subject"]), "text": text})


class _Dialogue:
    """One connection."""

    def __init__(
        self, mailbox: Mailbox, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._mailbox, self._context = mailbox, context
        self._reader, self._writer = reader, writer
        self._is_encrypted = False
        self._recipients: list[str] = []

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    async def _line(self) -> str:
        async with asyncio.timeout(_LINE_S):
            return (await self._reader.readline()).decode("ascii", "replace").strip()

    async def run(self) -> None:
        """Until the client leaves."""
        if self._mailbox.mode == "hang":
            await asyncio.sleep(3_600)
        if self._mailbox.mode == "busy":
            await self._say("421 try again later")
            return
        await self._say("220 simulator ESMTP")
        while line := await self._line():
            if not await self._answer(line):
                return

    async def _answer(self, line: str) -> bool:
        """Answers one command; False ends the connection."""
        command = line.split(" ", 1)[0].upper()
        if command == "EHLO":
            offers_tls = not self._is_encrypted and self._mailbox.mode != "no_starttls"
            await self._say(*(["250-simulator", "250 STARTTLS"] if offers_tls else ["250 simulator"]))
        elif command == "STARTTLS" and not self._is_encrypted and self._mailbox.mode != "no_starttls":
            await self._say("220 go ahead")
            await self._writer.start_tls(self._context)
            self._is_encrypted = True
        elif command in ("MAIL", "RCPT", "DATA") and not self._is_encrypted:
            await self._say("530 must issue a STARTTLS command first")
        elif command == "MAIL":
            self._recipients = []
            await self._say("250 ok")
        elif command == "RCPT":
            if self._mailbox.mode == "refuse":
                await self._say(f"550 no such user: {line}")  # real servers repeat the address
            else:
                self._recipients.append(line.partition("<")[2].partition(">")[0])
                await self._say("250 ok")
        elif command == "DATA":
            return await self._data()
        elif command in ("RSET", "NOOP"):
            await self._say("250 ok")
        elif command == "QUIT":
            await self._say("221 bye")
            return False
        else:
            await self._say("502 not implemented")
        return True

    async def _data(self) -> bool:
        await self._say("354 end with a dot")
        content = b""
        while (line := await self._reader.readline()) not in (b".\r\n", b""):
            content += line[1:] if line.startswith(b"..") else line
            if len(content) > LONGEST_BYTES:
                return False
        if self._mailbox.mode == "cut":  # taken or not: the client cannot know
            return False
        self._mailbox.take(self._recipients, content)
        await self._say("250 taken")
        return True


async def serve_mail(mailbox: Mailbox, context: ssl.SSLContext, host: str, *, port: int) -> asyncio.Server:
    """Listens for submissions."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mailbox.connections += 1
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await _Dialogue(mailbox, context, reader, writer).run()
        writer.close()

    return await asyncio.start_server(talk, host, port)
