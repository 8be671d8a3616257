"""The commands of the runbooks, as they stand on the pages, and how one is run on an instance of the stack."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/runbooks"
_NOT_RUN = re.compile(r"^ *<!-- not run: (?P<reason>.+) -->$")
_PLACEHOLDER = re.compile(r"<[a-z_ ]+>")
_FUNCTION = re.compile(r"[a-z]+\(\) \{")
_INSTANCE = re.compile(r"(?<![\w/.-])var/")
INDENT = 4


@dataclass(frozen=True)
class Block:
    """An indented block of a page.

    Args:
        page: below docs/runbooks.
        line: its first, from 1.
        text: without the indent.
        not_run: why it is not run by the test, None where it is.
    """

    page: str
    line: int
    text: str
    not_run: str | None

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """Indented blocks behind an empty line or a heading, in order; lines that go on with a paragraph are none."""
    lines, number, reason = text.split("\n"), 0, None
    while number < len(lines):
        if match := _NOT_RUN.match(lines[number]):
            reason = match["reason"]
        elif lines[number].strip() and (number == 0 or not lines[number - 1].strip() or lines[number - 1][0] == "#"):
            end = number
            while end < len(lines) and lines[end].startswith(" " * INDENT):
                end += 1
            if end > number:
                commands = "\n".join(line.strip() for line in lines[number:end])
                yield Block(page=page, line=number + 1, text=commands, not_run=reason)
                number = end - 1
            reason = None
        number += 1


def all_blocks() -> list[Block]:
    """The blocks of every page, by page and line."""
    return [
        block
        for path in sorted(PAGES.rglob("*.md"))
        for block in blocks_of(path.relative_to(PAGES).as_posix(), path.read_text(encoding="utf-8"))
    ]


def functions(blocks: list[Block]) -> str:
    """The shell functions that the first page defines and all pages use."""
    lines = [line for block in blocks if block.page == "README.md" for line in block.text.split("\n")]
    return "\n".join(line for line in lines if _FUNCTION.match(line))


def filled_in(text: str, values: Mapping[str, str], instance: str) -> str:
    """The commands with their placeholders filled in, for an instance of the stack that lies in another folder.

    Raises:
        LookupError: a placeholder that nobody fills in.
    """

    def value(match: re.Match[str]) -> str:
        return values[match[0]]

    return _INSTANCE.sub(f"{instance}/", _PLACEHOLDER.sub(value, text).replace('open("var/', f'open("{instance}/'))


def run(
    commands: str, *, environment: Mapping[str, str], limit_s: float = 240, interrupt_after_s: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs commands in one shell at the repository's root; the first that fails ends it.

    Args:
        commands: of a block.
        environment: beside this process's own.
        limit_s: longest run, seconds.
        interrupt_after_s: ends commands that follow something for ever; that is no failure.
    """
    shell = ["bash", "-eo", "pipefail", "-c", commands]
    if interrupt_after_s is not None:
        shell = ["timeout", "--preserve-status", "--signal=INT", str(interrupt_after_s), *shell]
    return subprocess.run(
        shell,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_s,
        stdin=subprocess.DEVNULL,
    )
