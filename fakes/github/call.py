"""A request to the REST interface as its handler gets it, and the handler's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from fakes.github.state import Environment, GitHub, Repository, Token

PER_PAGE: Final = 30
MOST_PER_PAGE: Final = 100
DOCUMENTATION: Final = "https://docs.github.com/rest"


class Fault(Exception):  # noqa: N818 - an answer, no fault of ours
    """An answer with an error, in GitHub's form."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Any] | None = None,
        documentation: str = DOCUMENTATION,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"message": message}
        if errors is not None:
            self.body["errors"] = list(errors)
        self.body |= {"documentation_url": documentation, "status": str(status)}


NOT_FOUND: Final = "Not Found"
INVALID: Final = "Validation Failed"


def invalid(resource: str, name: str, code: str = "invalid", message: str = "") -> Fault:
    """A 422 that names the field."""
    error = {"resource": resource, "field": name, "code": code}
    return Fault(422, INVALID, errors=[error | ({"message": message} if message else {})])


@dataclass
class Answer:
    """A status with a body; None is no body at all."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """`address` is where the server is, without a path; names in `path` are decoded."""

    github: GitHub
    token: Token
    address: str
    route: str
    path: dict[str, str]
    query: dict[str, str]
    body: Any

    @property
    def api(self) -> str:
        return f"{self.address}/api/v3"

    @property
    def repository(self) -> Repository:
        """Raises Fault when there is none of this name."""
        found = self.github.find(self.path["owner"], self.path["repo"])
        if not found:
            raise Fault(404, NOT_FOUND)
        return found

    @property
    def environment(self) -> Environment:
        """Raises Fault when the repository has none of this name."""
        found = self.repository.environments.get(self.path["environment_name"].lower())
        if not found:
            raise Fault(404, NOT_FOUND)
        return found

    @property
    def repository_url(self) -> str:
        return f"{self.api}/repos/{self.repository.full_name}"

    def number(self, name: str) -> int:
        """A number in the path. Raises Fault for anything else, as if there were no such thing."""
        if not self.path[name].isdigit():
            raise Fault(404, NOT_FOUND)
        return int(self.path[name])

    def page(self, items: Sequence[Any], wrapped_as: str = "") -> Answer:
        """One page of a list, with links to the others; some lists come in an object."""
        size = min(int(self.query.get("per_page", PER_PAGE)), MOST_PER_PAGE)
        current = int(self.query.get("page", 1))
        last = max(1, -(-len(items) // size))
        shown = list(items[(current - 1) * size : current * size])
        body = {"total_count": len(items), wrapped_as: shown} if wrapped_as else shown
        links = self._links(current, last)
        return Answer(200, body, {"Link": links} if links else {})

    def _links(self, current: int, last: int) -> str:
        pages = {"prev": current - 1, "next": current + 1, "last": last, "first": 1}
        if current >= last:
            del pages["next"], pages["last"]
        if current <= 1:
            del pages["prev"], pages["first"]
        address = f"{self.api}{self.route.format_map(self.path)}"
        return ", ".join(
            f'<{address}?{urlencode({**self.query, "page": number})}>; rel="{name}"'
            for name, number in pages.items()
        )
