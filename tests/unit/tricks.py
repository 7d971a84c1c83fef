"""Finds changes to other people's modules, and switches of interpreters, collectors and compilers.

It knows what names stand for from imports, and follows `log = pulumi.log`, `getattr`, `vars` and
`sys.modules[...]`. It is there for mistakes, not for malice: what hides behind a call is not seen.
"""

from __future__ import annotations

import ast
import re
from collections import ChainMap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

OURS: Final = frozenset(
    {"bench", "chaos", "components", "fakes", "lab", "shop", "slipway", "tests", "toolchain"}
)
"""Packages of this repository; all others are somebody else's."""

SWITCHES: Final = re.compile(
    r"\b(?:GOGC|GOMEMLIMIT|GODEBUG|PYTHONOPTIMIZE|PYTHONMALLOC)\b|-gcflags\b|\w*\.pth\b"
)
"""Switches of interpreters, collectors and compilers; each Python runs the code in a .pth file."""

FUNCTIONS: Final = frozenset(
    {
        "gc.disable",
        "gc.freeze",
        "gc.set_threshold",
        "sys.setswitchinterval",
        "unittest.mock.patch",  # tests have pytest's monkeypatch
    }
)
"""Functions that nobody uses here."""

REPLACEMENTS: Final = {
    "github.com/atotto/clipboard": "Pulumi's own go.mod has it, and it counts for its builds only",
    "github.com/hashicorp/terraform-plugin-sdk/v2": "Pulumi's bridge is written for its fork",
}
"""Go modules that may be replaced, and why."""

MODULES: Final = "sys.modules"
WRITERS: Final = frozenset({"clear", "pop", "popitem", "setdefault", "update"})
"""Methods that change a dictionary."""


@dataclass(frozen=True, order=True)
class Trick:
    """What was found, and in which line."""

    line: int
    what: str


def in_python(source: str, *, is_test: bool = False) -> list[Trick]:
    """Tricks in a Python file; in tests, pytest's `monkeypatch` changes back what it changes."""
    reader = _Reader(is_test=is_test)
    reader.read(ast.parse(source))
    return sorted(set(reader.found))


def in_text(source: str) -> list[Trick]:
    """Switches in a Makefile, a script or a configuration."""
    return [
        Trick(number, f"has {switch[0]}")
        for number, line in enumerate(source.splitlines(), start=1)
        for switch in SWITCHES.finditer(line)
    ]


def in_go_mod(source: str) -> list[Trick]:
    """Modules that are replaced without a reason in REPLACEMENTS."""
    return [
        Trick(number, f"replaces {module}")
        for number, line in enumerate(source.splitlines(), start=1)
        if "=>" in line and (module := line.removeprefix("replace").split()[0]) not in REPLACEMENTS
    ]


class _Reader(ast.NodeVisitor):
    """Reads one file, and knows in each function which names stand for what."""

    def __init__(self, *, is_test: bool) -> None:
        self.found: list[Trick] = []
        self._is_test = is_test
        self._names: ChainMap[str, str] = ChainMap()

    def read(self, node: ast.AST) -> None:
        """Read a module or a function, whose names may stand for other things than outside."""
        outside = self._names
        self._names = outside.new_child(_local(node))
        for each in _own(node):
            if isinstance(each, ast.Import | ast.ImportFrom):
                self._names.update(_imported(each))
        for each in _own(node):
            if isinstance(each, ast.Assign) and (meaning := self._meaning(each.value)):
                self._names.update({t.id: meaning for t in each.targets if isinstance(t, ast.Name)})
        self.generic_visit(node)
        self._names = outside

    visit_FunctionDef = read  # noqa: N815 - ast.NodeVisitor names them
    visit_AsyncFunctionDef = read  # noqa: N815
    visit_Lambda = read  # noqa: N815

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._use(node)
        owner = self._meaning(node.value)
        if not isinstance(node.ctx, ast.Load) and _is_foreign(owner):
            self._tell(node, f"changes {owner}.{node.attr}")
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._use(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        owner = self._meaning(node.value)
        if not isinstance(node.ctx, ast.Load) and _is_dictionary(owner):
            self._tell(node, f"changes {owner}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        subject = self._meaning(node.args[0]) if node.args else ""
        match node.func:
            case ast.Name(id="setattr" | "delattr"):
                changes = _is_foreign(subject)
            case ast.Attribute(attr="__setattr__" | "__delattr__"):
                changes = _is_foreign(subject)
            case ast.Attribute(attr="setattr" | "delattr"):
                changes = _is_foreign(subject) and not self._is_test
            case ast.Attribute(attr="setitem" | "delitem"):
                changes = _is_dictionary(subject)
            case ast.Attribute(attr=method, value=value) if method in WRITERS:
                subject = self._meaning(value)
                changes = _is_dictionary(subject)
            case _:
                changes = False
        if changes:
            self._tell(node, f"changes {subject}")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found += [Trick(node.lineno, each.what) for each in in_text(node.value)]

    def visit_keyword(self, node: ast.keyword) -> None:
        self.found += [Trick(node.lineno, each.what) for each in in_text(node.arg or "")]
        self.generic_visit(node)

    def _use(self, node: ast.expr) -> None:
        if (meaning := self._meaning(node)) in FUNCTIONS:
            self._tell(node, f"uses {meaning}")

    def _tell(self, node: ast.expr, what: str) -> None:
        self.found.append(Trick(node.lineno, what))

    def _meaning(self, node: ast.expr) -> str:
        """The dotted name of what an expression stands for; empty when that isn't known."""
        name = ""
        match node:
            case ast.Name(id=known):
                name = self._names.get(known, "")
            case ast.Attribute(value=value, attr=attribute):
                name = self._member(value, attribute)
            case ast.Subscript(value=value, slice=key) if self._meaning(value) == MODULES:
                name = _text(key)
            case ast.Call(func=ast.Name(id="vars"), args=[value]):
                name = self._member(value, "__dict__")
            case ast.Call(func=ast.Name(id="getattr"), args=[value, key, *_]):
                name = self._member(value, _text(key))
            case ast.Call(func=function, args=[key, *_]) if self._imports(function):
                name = _text(key)
        return name

    def _member(self, owner: ast.expr, name: str) -> str:
        meaning = self._meaning(owner)
        return f"{meaning}.{name}" if meaning else ""

    def _imports(self, function: ast.expr) -> bool:
        by_name = isinstance(function, ast.Name) and function.id == "__import__"
        return by_name or self._meaning(function) == "importlib.import_module"


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What is in a module or a function, without the functions and classes in it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield from _own(node)


def _local(scope: ast.AST) -> dict[str, str]:
    """The names that a scope gives to things of its own, which hide those outside."""
    names = {node.arg for node in _own(scope) if isinstance(node, ast.arg)}
    for node in _own(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return dict.fromkeys(names, "")


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Name in this file → what it stands for."""
    if isinstance(node, ast.ImportFrom):
        module = "slipway" if node.level else node.module  # whichever: it is ours
        return {each.asname or each.name: f"{module}.{each.name}" for each in node.names}
    names = ((each.name, each.asname) for each in node.names)
    return dict((alias, name) if alias else (name.partition(".")[0],) * 2 for name, alias in names)


def _text(node: ast.expr) -> str:
    """A constant's text; anything else stands for some module."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "?"


def _is_foreign(name: str) -> bool:
    """Whether a dotted name belongs to a package that isn't ours."""
    return bool(name) and name.partition(".")[0] not in OURS


def _is_dictionary(name: str) -> bool:
    """Whether a dotted name is a dictionary of modules, or of a module's own names."""
    return name == MODULES or (name.endswith(".__dict__") and _is_foreign(name))
