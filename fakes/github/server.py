"""What happens to a request between its arrival and its answer, without any network."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from fakes.github import access, rest, schemas
from fakes.github.access import READS
from fakes.github.call import NOT_FOUND, Answer, Call, Fault
from fakes.github.contract import ERRORS_FROM, Contract
from fakes.github.graphql.execution import execute
from fakes.github.limits import Failure, Limits
from fakes.github.state import GitHub, Token

REST: Final = "/api/v3"
GRAPHQL: Final = "/api/graphql"
OK: Final = 200

BY_NUMBER: Final = {
    re.compile(r"/repositories/(\d+)(/.*)?"): "repository",
    re.compile(r"/organizations/\d+/team/(\d+)(/.*)?"): "team",
}
"""Paths that GitHub serves, although its description doesn't have them."""


@functools.cache
def contract() -> Contract:
    """GitHub's contract; cached, since its description is large."""
    return Contract(schemas.openapi())


@dataclass(frozen=True)
class Exchange:
    """One request and how it went; `name` is its path, or a GraphQL operation's fields."""

    method: str
    name: str
    status: int
    writes: bool

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


@dataclass
class Server:
    """A GitHub with its log; `violations` are requests and answers that GitHub doesn't describe."""

    github: GitHub
    address: str = "http://127.0.0.1"
    limits: Limits = field(default_factory=Limits)
    failures: list[Failure] = field(default_factory=list)
    log: list[Exchange] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._routes = rest.table()
        self._contract = contract()

    def respond(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        """Answer a request; `target` is the path as it was sent, with its query."""
        path, _, query = target.partition("?")
        token: Token | None = None
        name, writes = path.removeprefix(REST), method not in READS
        try:
            for failure in self.failures:
                if failure.concerns(method, path):
                    raise failure.raised()
            token = self._token(headers)
            self.limits.take(token.user.id)
            body = _parsed(content)
            if path == GRAPHQL:
                done = execute(self.github, token, body or {})
                self._object(done.name, done.faults)
                name, writes, answer = done.name, done.writes, Answer(200, done.body)
            else:
                answer = self._rest(token, method, name, dict(parse_qsl(query)), body)
        except Fault as fault:
            answer = Answer(fault.status, fault.body, fault.headers)
        classic = token and token.permissions is None
        known = {"X-OAuth-Scopes": ", ".join(token.scopes)} if token and classic else {}
        # The provider takes an answer without it for none.
        known["X-GitHub-Request-Id"] = uuid.uuid4().hex
        answer.headers = {**known, **self.limits.headers(), **answer.headers}
        answer = _unless_unchanged(answer, method, headers)
        self.log.append(Exchange(method, name, answer.status, writes))
        return answer

    def _rest(
        self, token: Token, method: str, path: str, query: dict[str, str], body: Any
    ) -> Answer:
        found = self._routes.find(method, self._named(path))
        if not found:
            self.violations.append(f"{method} {path}: the simulator doesn't have this call")
            raise Fault(404, NOT_FOUND)
        route, parts = found
        call = Call(self.github, token, self.address, route.template, parts, query, body)
        faults = self._contract.request_faults(method, route.template, query, body)
        self._object(f"request {method} {path}", faults)
        try:
            access.authorize(route, call)
            answer = route.handler(call) if not faults else _malformed(faults)
        except Fault as fault:
            answer = Answer(fault.status, fault.body, fault.headers)
        told = self._contract.answer_faults(method, route.template, answer.status, answer.body)
        self._object(f"answer to {method} {path}", told)
        answer.headers = {**access.headers(route, call), **answer.headers}
        return answer

    def _named(self, path: str) -> str:
        """The path with names for the numbers of a repository or a team."""
        for pattern, kind in BY_NUMBER.items():
            if found := pattern.fullmatch(path):
                number, rest_of_it = int(found[1]), found[2] or ""
                if kind == "repository" and (repository := self.github.find_by_id(number)):
                    return f"/repos/{repository.full_name}{rest_of_it}"
                for team in self.github.teams():
                    if kind == "team" and team.id == number:
                        return f"/orgs/{team.organization.login}/teams/{team.slug}{rest_of_it}"
        return path

    def _token(self, headers: Mapping[str, str]) -> Token:
        scheme, _, text = headers.get("authorization", "").partition(" ")
        known = self.github.tokens.get(text) if scheme.lower() in ("bearer", "token") else None
        if not known:
            raise Fault(401, "Bad credentials" if text else "Requires authentication")
        return known

    def _object(self, what: str, faults: list[str]) -> None:
        self.violations += [f"{what}: {fault}" for fault in faults]


def _malformed(faults: list[str]) -> Answer:
    """GitHub's answer to a body that its description doesn't allow."""
    fault = Fault(422, f"Invalid request.\n\n{faults[0]}")
    return Answer(fault.status, fault.body)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError as error:
        raise Fault(400, "Problems parsing JSON") from error


def _unless_unchanged(answer: Answer, method: str, headers: Mapping[str, str]) -> Answer:
    """Add the body's ETag, and leave the body out for a client that has it already."""
    if method not in READS or answer.status >= ERRORS_FROM or answer.body is None:
        return answer
    digest = hashlib.sha256(json.dumps(answer.body, sort_keys=True).encode()).hexdigest()
    answer.headers["ETag"] = f'W/"{digest}"'
    if answer.status == OK and headers.get("if-none-match") == answer.headers["ETag"]:
        return Answer(304, None, answer.headers)
    return answer
