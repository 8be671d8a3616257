"""Which variables a process reads: the fields of its settings class, taken from the source.

The stack runs without the services' dependencies, so it cannot import them; tests/architecture compares what is read
here with the classes themselves.
"""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from altscore_local.layout import ROOT

LIBS_SETTINGS = "altscore_libs.settings"
_FOLDERS = ("libs/*/src", "services/*/src", "pipelines")


@dataclass(frozen=True)
class SettingsFields:
    """Names of a class's fields, as in the source: lower case, without prefix."""

    required: frozenset[str] = field(default_factory=frozenset)
    optional: frozenset[str] = field(default_factory=frozenset)

    @property
    def names(self) -> frozenset[str]:
        """All fields."""
        return self.required | self.optional


@cache
def source_of(module: str) -> Path:
    """File of a module of ours.

    Raises:
        LookupError: there is no such module.
    """
    for folder in _FOLDERS:
        for path in ROOT.glob(f"{folder}/{module.replace('.', '/')}.py"):
            return path
    raise LookupError(module)


@cache
def fields_of(module: str, class_names: tuple[str, ...]) -> SettingsFields:
    """Fields of the first of these classes that the module defines, inherited ones included.

    Raises:
        LookupError: the module defines none of them.
    """
    classes = _classes(module)
    for name in class_names:
        if name in classes:
            return _fields(classes[name], classes)
    raise LookupError(f"{module} defines none of {', '.join(class_names)}")


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    own = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return own if module == LIBS_SETTINGS else {**_classes(LIBS_SETTINGS), **own}


def _fields(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> SettingsFields:
    required: set[str] = set()
    optional: set[str] = set()
    for base in reversed(node.bases):
        name = ast.unparse(base)
        if name in classes:
            inherited = _fields(classes[name], classes)
            required, optional = required | inherited.required, optional | inherited.optional
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and _is_field(item):
            has_default = _has_default(item.value)
            (optional if has_default else required).add(item.target.id)
            (required if has_default else optional).discard(item.target.id)
    return SettingsFields(frozenset(required - optional), frozenset(optional))


def _is_field(item: ast.AnnAssign) -> bool:
    return not ast.unparse(item.target).startswith("_") and not ast.unparse(item.annotation).startswith("ClassVar")


def _has_default(value: ast.expr | None) -> bool:
    """Whether a value is a default; `Field(...)` is one when it names a default or a factory."""
    if value is None:
        return False
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "Field"):
        return True
    return bool(value.args) or any(keyword.arg in ("default", "default_factory") for keyword in value.keywords)
