"""Servers evaluate the annotations of shared dataclasses, and Python 3.9 has no `X | None`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import slipway

PACKAGE = Path(slipway.__file__).parent
FILES = [
    path for folder in ("protocol", "rollout", "agent") for path in (PACKAGE / folder).rglob("*.py")
]


def unions(source: str) -> Iterator[str]:
    """The fields of dataclasses whose annotation only Python 3.10 can evaluate."""
    for kind in ast.walk(ast.parse(source)):
        if not isinstance(kind, ast.ClassDef) or "dataclass" not in map(_name, kind.decorator_list):
            continue
        for each in kind.body:
            if isinstance(each, ast.AnnAssign) and any(map(_is_union, ast.walk(each.annotation))):
                yield f"{kind.name}.{ast.unparse(each.target)}"


def _name(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


def _is_union(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)


def test_a_union_of_bars_is_found() -> None:
    source = (
        "@dataclass(frozen=True)\nclass It:\n    a: Optional[int]\n    b: Mapping[str, int | None]"
    )
    assert list(unions(source)) == ["It.b"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_field_of_a_shared_dataclass_has_one(path: Path) -> None:
    assert list(unions(path.read_text())) == []


def test_there_are_dataclasses_to_look_at() -> None:
    assert {"requests.py", "state.py", "lock.py"} <= {path.name for path in FILES}
