"""Which handler answers which call. Paths are the templates of GitHub's description."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from fakes.github.call import Answer, Call

Handler = Callable[[Call], Answer]

WHOLE_PATHS: Final = ("path", "ref")
"""Parameters that may hold slashes."""


@dataclass(frozen=True)
class Route:
    """One operation, and the scopes of which a token needs one."""

    method: str
    template: str
    scopes: tuple[str, ...]
    handler: Handler
    pattern: re.Pattern[str]


class Routes:
    """A table of routes that handlers add themselves to."""

    def __init__(self) -> None:
        self.table: list[Route] = []

    def __call__(self, method: str, template: str, *scopes: str) -> Callable[[Handler], Handler]:
        """Decorate a handler."""

        def add(handler: Handler) -> Handler:
            pattern = re.compile(_pattern(template))
            self.table.append(Route(method, template, scopes, handler, pattern))
            return handler

        return add

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a path as it was sent, and its decoded parts."""
        for route in self.table:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                parts = found.groupdict().items()
                return route, {name: unquote(part) for name, part in parts}
        return None


def _pattern(template: str) -> str:
    def part(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>{'.+' if name in WHOLE_PATHS else '[^/]+'})"

    return re.sub(r"\{(\w+)\}", part, template)
