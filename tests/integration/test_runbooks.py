"""Every command of the runbooks does on a running stack what its page says."""

import re
from collections import Counter

import pytest

from demo.context import Demo

from .conftest import INSTANCE, ROOT, Stack, eventually
from .parked import newest, set_aside
from .runbooks import Block, all_blocks, blocks_of, filled_in, functions, run

BLOCKS = all_blocks()
RUNNABLE = [block for block in BLOCKS if block.not_run is None]
# Pages whose instructions are requests to an API or steps on another machine.
WITHOUT_COMMANDS = {
    "portal-sign-in.md",
    "alerts/README.md",
    "alerts/access.md",
    "alerts/audit.md",
    "alerts/connectors.md",
    "alerts/consent.md",
    "alerts/events.md",
    "alerts/messages.md",
    "alerts/pipeline.md",
    "alerts/processes.md",
    "alerts/redis.md",
    "alerts/scoring.md",
    "alerts/slo.md",
    "raw-access.md",
    "switch-off.md",
    "rights-requests.md",
    "alerts/vault.md",
    "backup-restore.md",
    "breach.md",
    "certificate-authority.md",
    "compliance-report.md",
    "connector-releases.md",
    "disaster-recovery.md",
    "events.md",
    "grievances.md",
    "key-compromise.md",
    "late-distributor.md",
    "ledger-differs.md",
    "model-training.md",
    "quarantine.md",
    "retailer-rights.md",
}
FOLLOWS = re.compile(r"^make logs .*$", re.M)
TARGET = re.compile(r"`make ([a-z-]+)")


def test_every_page_was_read_and_those_without_commands_are_known() -> None:
    pages = {path.relative_to(ROOT / "docs/runbooks").as_posix() for path in (ROOT / "docs/runbooks").rglob("*.md")}
    assert pages - {block.page for block in RUNNABLE} == WITHOUT_COMMANDS
    assert len(RUNNABLE) >= 12
    not_run = Counter(block.not_run for block in BLOCKS if block.not_run is not None)
    print(f"\n{len(RUNNABLE)} blocks are run; not run: {dict(not_run)}")


def test_every_make_target_that_a_page_mentions_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    pages = list((ROOT / "docs/runbooks").rglob("*.md"))
    mentioned = {target for page in pages for target in TARGET.findall(page.read_text(encoding="utf-8"))}
    assert mentioned
    assert mentioned <= targets


def test_a_block_is_what_stands_indented_behind_an_empty_line() -> None:
    page = "Text\n    goes on\n\n    one\n    two\n\n<!-- not run: why -->\n\n    three\n\n1. item\n\n       four\n"
    assert [(block.line, block.text, block.not_run) for block in blocks_of("p", page)] == [
        (4, "one\ntwo", None),
        (9, "three", "why"),
        (13, "four", None),
    ]


def test_a_placeholder_that_nobody_fills_in_is_an_error() -> None:
    assert filled_in("a <b> var/x", {"<b>": "c"}, "var-test") == "a c var-test/x"
    with pytest.raises(LookupError):
        filled_in("a <b>", {}, "var-test")


@pytest.fixture(scope="module")
def values(demo: Demo) -> dict[str, str]:
    """What the pages' placeholders stand for on this stack."""
    retailer_id = demo.count("score", "SELECT retailer_id FROM consent_grant WHERE is_active LIMIT 1")
    score_id = demo.count("scoring", "SELECT score_id FROM scores ORDER BY scored_at DESC LIMIT 1")
    request_id = demo.count(
        "audit",
        "SELECT payload::jsonb -> 'details' ->> 'request_id' FROM audit_log WHERE action = 'score_requested' LIMIT 1",
    )
    assert retailer_id
    assert score_id
    assert request_id
    return {
        "<retailer id>": retailer_id,
        "<score_id>": score_id,
        "<request id>": request_id,
        "<lender id>": "lender_shriram",
    }


def park(demo: Demo) -> str:
    """A grant that score has already applied, set aside; its number."""
    return str(set_aside(demo, "score", newest(demo, "altscore.consent", "consent.granted")))


@pytest.mark.parametrize("block", RUNNABLE, ids=lambda block: block.name)
def test_the_commands_of_a_page_run_as_they_stand(
    demo: Demo, stack: Stack, values: dict[str, str], block: Block
) -> None:
    filled = dict(values)
    if "replay-parked" in block.text:
        filled["<number>"] = park(demo)
    texts = [block.text]
    if "replay-parked" in block.text:  # each of its ways needs an event of its own
        texts = block.text.split("\n")
    for text in texts:
        if "--reason" in text:
            park(demo)
        follows = FOLLOWS.findall(text)
        done = run(
            functions_here() + "\n" + filled_in(FOLLOWS.sub("true", text), filled, INSTANCE),
            environment=stack.environment,
        )
        assert done.returncode == 0, f"{block.name}: {(done.stdout + done.stderr)[-3000:]}"
        for command in follows:
            followed = run(command, environment=stack.environment, interrupt_after_s=5)
            assert followed.stdout, f"{block.name}: {command} says nothing"


def functions_here() -> str:
    """The pages' shell functions for this instance."""
    return filled_in(functions(BLOCKS), {}, INSTANCE)


@pytest.mark.parametrize("breaking", ["kill", "stop"])
def test_make_up_heals_what_the_first_page_says(stack: Stack, demo: Demo, breaking: str) -> None:
    assert demo
    stack.run(breaking, "consent-api")
    broken = run("make status", environment=stack.environment)
    assert broken.returncode != 0
    assert "consent-api" in broken.stderr
    done = run("make up", environment=stack.environment)
    assert done.returncode == 0, done.stderr[-2000:]
    eventually("healed", lambda: run("make status", environment=stack.environment).returncode == 0, 60)
