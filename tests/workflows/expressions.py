"""The part of GitHub's expression language that our workflows use.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Context = Mapping[str, Any]
Functions = Mapping[str, Callable[..., Any]]

_token = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||[=!]=|[!()<>,.]|-?\d+(?:\.\d+)?|[A-Za-z_][\w-]*)")
_placeholder = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(success|failure|always|cancelled)\(")
_LITERALS = {"true": True, "false": False, "null": None}


def substitute(value: Any, context: Context, functions: Functions) -> str:
    """A value with its `${{ … }}` filled in, as the text that a step gets."""
    return _placeholder.sub(lambda found: text(evaluate(found[1], context, functions)), text(value))


def condition(written: str | None, context: Context, functions: Functions) -> bool:
    """Whether a step runs: by default, if all before it succeeded."""
    inner = _placeholder.sub(r"\1", written or "success()")
    if not _STATUS.search(inner):
        inner = f"success() && ({inner})"
    return truthy(evaluate(inner, context, functions))


def evaluate(source: str, context: Context, functions: Functions) -> Any:
    """The value of an expression; raises ValueError for what is not understood."""
    tokens = _token.findall(source)
    if "".join(tokens) != re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", source):
        raise ValueError(f"not an expression: {source}")
    parser = _Parser(tokens, context, functions)
    value = parser.either()
    if parser.tokens:
        raise ValueError(f"not an expression: {source}")
    return value


def truthy(value: Any) -> bool:
    return value not in (None, False, "", 0)


def text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Parser:
    """Recursive descent; everything is evaluated, which has no effects."""

    def __init__(self, tokens: list[str], context: Context, functions: Functions) -> None:
        self.tokens = tokens
        self.context = context
        self.functions = functions

    def either(self) -> Any:
        value = self.both()
        while self.accept("||"):
            other = self.both()
            value = value if truthy(value) else other
        return value

    def both(self) -> Any:
        value = self.comparison()
        while self.accept("&&"):
            other = self.comparison()
            value = other if truthy(value) else value
        return value

    def comparison(self) -> Any:
        value = self.negation()
        if self.accept("=="):
            return _same(value, self.negation())
        if self.accept("!="):
            return not _same(value, self.negation())
        return value

    def negation(self) -> Any:
        if self.accept("!"):
            return not truthy(self.negation())
        return self.primary()

    def primary(self) -> Any:
        token = self.tokens.pop(0)
        if token == "(":
            value = self.either()
            self.expect(")")
            return value
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in _LITERALS:
            return _LITERALS[token]
        if re.match(r"-?\d", token):
            return float(token) if "." in token else int(token)
        return self.call(token) if self.accept("(") else self.path(token)

    def call(self, name: str) -> Any:
        arguments: list[Any] = []
        while not self.accept(")"):
            arguments.append(self.either())
            self.accept(",")
        if name == "toJSON":
            return json.dumps(arguments[0])
        return self.functions[name](*arguments)

    def path(self, name: str) -> Any:
        value = self.context.get(name)
        while self.accept("."):
            value = value.get(self.tokens.pop(0)) if isinstance(value, Mapping) else None
        return value

    def accept(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise ValueError(f"{token} is missing before {self.tokens}")


def _same(one: Any, other: Any) -> bool:
    """Texts are compared without regard to case; nothing equals the empty text."""
    if isinstance(one, str) or isinstance(other, str):
        return text(one).lower() == text(other).lower()
    return bool(one == other)
