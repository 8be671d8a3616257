"""Names are the field's standard terms: words that say nothing to an engineer of this field do not return."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from .conftest import ROOT, tracked

# What to say instead is in docs/glossary.md; a MAC, a signature, a ciphertext and a digest are four things.
BANNED = {
    *("seal", "seals", "sealed", "sealer", "sealing", "unseal", "unsealed", "reseal", "resealed"),
    *("desk", "desks", "gate", "gates", "journal", "lane", "lanes", "wall", "walls", "door", "doors"),
    *("belief", "believed", "shelf", "upkeep", "scorebook", "stranger", "strangers", "strangeness"),
    *("room", "rooms", "house", "knock", "asker", "lockbook", "minted", "orchestra", "stackfile"),
    *("book", "books", "promise", "promises"),
}
BANNED_ALONE = {"one", "found", "made", "said", "wanted", "given", "word", "news"}
# Columns, event fields and settings that other systems know by these names.
CONTRACTS = {
    *("sealed_identity", "sealed_score", "seal_key_label", "seal_key_label_before", "sealed_description_missing"),
    *("CONSENT_SEAL_KEY_LABEL", "CONSENT_SEAL_KEY_LABEL_BEFORE"),
}
PRONOUN = re.compile(r"\b(he|him|his|himself)\b", re.IGNORECASE)
TERM = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def sources() -> list[Path]:
    """All Python files; migrations are history and keep their names."""
    return [path for path in tracked(".py") if "migrations" not in path.as_posix()]


def identifiers(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name that a file defines: modules, classes, functions, parameters, variables, attributes it sets."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, getattr(node, "lineno", 0)


def is_banned(name: str) -> bool:
    """Whether a name holds a banned word, or is nothing but a filler."""
    if name in CONTRACTS:
        return False
    words = [term.lower() for term in TERM.findall(name)]
    return bool(BANNED.intersection(words)) or name.strip("_").lower() in BANNED_ALONE


@cache
def parsed(path: Path) -> tuple[list[str], list[str]]:
    """Banned names and pronouns of a file; both tests of it read it once."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    texts = [
        text
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and (text := ast.get_docstring(node)) is not None
    ]
    names = [f"{name}, line {line}" for name, line in identifiers(module) if is_banned(name)]
    return names, [match.group(0) for text in texts for match in PRONOUN.finditer(text)]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_names_are_standard_terms(path: Path) -> None:
    names, _ = parsed(path)
    assert names == []


def test_file_and_folder_names_are_standard_terms() -> None:
    names = {part for path in tracked("") for part in path.relative_to(ROOT).with_suffix("").parts}
    assert len(names) > 100
    assert sorted(name for name in names if is_banned(name.removeprefix("test_"))) == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_organisations_are_it_and_people_are_they(path: Path) -> None:
    _, pronouns = parsed(path)
    assert pronouns == []
