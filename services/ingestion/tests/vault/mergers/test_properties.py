"""Whose a ledger is, after any history of statements, mergers, partings and erasures, compared with a plain model."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg
from altscore_libs.testing import api_client
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ...world import VaultSide
from ..client import GSTIN, OTHER_GSTIN, call

LEDGERS = 4
GSTINS = (None, None, GSTIN, OTHER_GSTIN)


@dataclass(frozen=True)
class Put:
    """A distributor states a ledger."""

    ledger: int
    gst: str | None


@dataclass(frozen=True)
class Merge:
    """The ids that two ledgers were first known by are merged, the first into the second.."""

    losing: int
    winning: int


@dataclass(frozen=True)
class Unmerge:
    """A standing merger is undone; where there is none, the id that a ledger was first known by is asked to part."""

    ledger: int


@dataclass(frozen=True)
class Erase:
    """The id that a ledger was first known by is erased."""

    ledger: int


NUMBER = st.integers(0, LEDGERS - 1)
STEPS = st.lists(
    st.one_of(
        st.builds(Put, NUMBER, st.sampled_from(GSTINS)),
        st.builds(Merge, NUMBER, NUMBER),
        st.builds(Merge, NUMBER, NUMBER).filter(lambda step: step.losing != step.winning),
        st.builds(Unmerge, NUMBER),
        st.builds(Unmerge, NUMBER),
        st.builds(Erase, st.just(0)),
    ),
    min_size=6,
    max_size=12,
)


@dataclass
class Model:
    """Retailers are numbers; nothing is encrypted, keyed or stored."""

    of: dict[int, int] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)
    shown: dict[int, str] = field(default_factory=dict)
    gst: dict[int, str | None] = field(default_factory=dict)
    alias_of: dict[int, int | None] = field(default_factory=dict)
    mergers: dict[int, tuple[int, frozenset[int]]] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    erased_ledgers: set[int] = field(default_factory=set)
    erased_gst: set[str] = field(default_factory=set)
    count: int = 0

    def put(self, ledger: int, gst: str | None) -> bool:
        if ledger in self.erased_ledgers or gst in self.erased_gst:
            return False
        before, owner = self.of.get(ledger), next((r for r, number in self.gst.items() if gst and number == gst), None)
        if before is None:
            self.of[ledger] = self.new(gst) if owner is None else owner
        elif gst is not None and self.gst[before] is None and owner is None:
            self.gst[before] = gst
        elif gst is not None and self.gst[before] != gst:
            had_gst = self.gst[before] is not None
            self.of[ledger] = self.new(gst) if owner is None else owner
            is_left = before not in self.of.values() and before not in self.alias_of.values()
            if not had_gst and is_left:
                self.alias_of[before] = self.of[ledger]
        self.first.setdefault(ledger, self.of[ledger])
        if gst is not None:
            self.shown[ledger] = gst
        return True

    def new(self, gst: str | None) -> int:
        self.count += 1
        self.gst[self.count], self.alias_of[self.count] = gst, None
        return self.count

    def merge(self, losing: int, winning: int) -> bool:
        if losing in self.mergers and self.mergers[losing][0] == winning:
            return True
        is_refused = losing == winning or self.gst[losing] is not None or losing in self.alias_of.values()
        if is_refused or self.alias_of[losing] is not None or self.alias_of[winning] is not None:
            return False
        moved = frozenset(ledger for ledger, owner in self.of.items() if owner == losing)
        self.mergers[losing], self.alias_of[losing] = (winning, moved), winning
        self.of |= dict.fromkeys(moved, winning)
        return True

    def unmerge(self, losing: int) -> bool:
        if losing not in self.mergers:
            return False
        winning, moved = self.mergers.pop(losing)
        self.alias_of[losing] = None
        for ledger in moved:
            is_bound = self.gst[winning] is not None and self.shown.get(ledger) == self.gst[winning]
            if self.of.get(ledger) == winning and not is_bound:
                self.of[ledger] = losing
        return True

    def erase(self, retailer: int) -> None:
        shop = {retailer}
        while more := {
            other
            for other, alias in self.alias_of.items()
            if other not in shop and (alias in shop or any(self.alias_of[known] == other for known in shop))
        }:
            shop |= more
        for ledger in [ledger for ledger, owner in self.of.items() if owner in shop]:
            self.erased_ledgers.add(ledger)
            del self.of[ledger]
        self.erased_gst |= {number for gone in shop if (number := self.gst[gone])}
        for gone in shop:
            self.erased.add(gone)
            self.mergers.pop(gone, None)
            del self.gst[gone], self.alias_of[gone]


@dataclass
class Run:
    """The vault beside its model; ids of ours by the model's numbers."""

    vault: VaultSide
    model: Model = field(default_factory=Model)
    ids: dict[int, str] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)

    async def step(self, step: Put | Merge | Unmerge | Erase) -> None:
        if isinstance(step, Put):
            await self.put(step)
            return
        numbers = [step.losing, step.winning] if isinstance(step, Merge) else [step.ledger]
        if any(number not in self.model.first for number in numbers):
            return
        retailers = [self.model.first[number] for number in numbers]
        if isinstance(step, Unmerge) and self.model.mergers:
            retailers = [sorted(self.model.mergers)[step.ledger % len(self.model.mergers)]]
        if isinstance(step, Erase):
            assert (await self.ask(retailers[0], "erase", request_id="rgt_" + "1" * 32)).status_code == 200
            if retailers[0] not in self.model.erased:
                self.model.erase(retailers[0])
            return
        if self.model.erased & set(retailers):
            return
        if isinstance(step, Merge):
            answer = await self.ask(retailers[0], "merge", into=self.ids[retailers[1]], ticket="OPS-1")
            expected = self.model.merge(*retailers)
        else:
            answer = await self.ask(retailers[0], "unmerge", ticket="OPS-1")
            expected = self.model.unmerge(*retailers)
        event(f"{type(step).__name__} {expected}")
        assert answer.status_code == (200 if expected else 409)

    async def ask(self, retailer: int, what: str, **body: Any) -> Any:
        return await call(self.vault, "admin", f"/admin/retailers/{self.ids[retailer]}/{what}", **body)

    async def put(self, step: Put) -> None:
        expected = self.model.put(step.ledger, step.gst)
        identity = {"retailer_ref": "r"} | ({"gst": step.gst} if step.gst else {})
        body = {"distributor_id": f"dist_{step.ledger}", "identities": [identity]}
        async with api_client(self.vault.app, "ingestion") as client:
            answer = (await client.post("/internal/identities", json=body)).json()
        assert answer["erased"] == ([] if expected else ["r"])
        if expected:
            [stored] = answer["identities"]
            self.tokens[step.ledger] = stored["subject_token"]
            owner = await self.vault.pool.fetchval(
                "SELECT retailer_id FROM subject WHERE subject_token = $1", bytes.fromhex(stored["subject_token"])
            )
            assert self.ids.setdefault(self.model.of[step.ledger], owner) == owner

    async def compare(self) -> None:
        rows = await self.vault.pool.fetch("SELECT subject_token, retailer_id FROM subject")
        owners = {bytes(row["subject_token"]).hex(): row["retailer_id"] for row in rows}
        assert owners == {self.tokens[ledger]: self.ids[owner] for ledger, owner in self.model.of.items()}
        rows = await self.vault.pool.fetch("SELECT retailer_id, alias_of FROM retailer")
        assert {row["retailer_id"]: row["alias_of"] for row in rows} == {
            self.ids[retailer]: alias and self.ids[alias] for retailer, alias in self.model.alias_of.items()
        }
        for number in (GSTIN, OTHER_GSTIN):
            owner = next((self.ids[retailer] for retailer, gst in self.model.gst.items() if gst == number), None)
            assert (await call(self.vault, "score", "/lookup", gst=number)).json() == {"retailer_id": owner}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_the_directory_is_the_model_after_any_history(
    vault: VaultSide, vault_owner: asyncpg.Connection, steps: list[Put | Merge | Unmerge | Erase]
) -> None:
    await vault_owner.execute("TRUNCATE retailer, subject, merger, erasure, tombstone, outbox")
    run = Run(vault)
    for ledger in range(LEDGERS - 1):
        await run.step(Put(ledger, None))
    for step in steps:
        await run.step(step)
        await run.compare()
    for retailer in run.model.alias_of:  # everything that is held can still be decrypted
        answer = await run.ask(retailer, "export", request_id="rgt_" + "1" * 32)
        assert answer.status_code == 200, answer.text
