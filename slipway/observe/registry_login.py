"""How a registry asks for a login and gets it: the token protocol, or HTTP basic."""

from __future__ import annotations

import re
from collections.abc import Generator

import httpx


class LoginError(Exception):
    """The registry asks for a login that it cannot be given; the text says why."""


class RefusedError(LoginError):
    """The credentials are missing, or not the ones that it wants."""


class RegistryAuth(httpx.Auth):
    """Answers the challenge of a repository, and again when the token has expired.

    `login` goes to the registry itself, or to the login service that it names; over plain http only
    where the registry is asked over plain http, too. The protocol is described at
    https://distribution.github.io/distribution/spec/auth/token/.
    """

    requires_response_body = True

    def __init__(self, login: httpx.BasicAuth | None) -> None:
        self._login = login
        self._known: dict[str, str] = {}  # by repository, the header that its registry took

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raises LoginError."""
        repository = _repository(request.url)
        if repository in self._known:
            request.headers["authorization"] = self._known[repository]
        answer = yield request
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            return
        if answer.url.host != request.url.host:
            raise LoginError(f"it redirects to {answer.url.host}, which asks for a login, too")
        scheme, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
        if scheme.lower() == "bearer":
            token = yield self._token_request(request, rest)
            self._known[repository] = f"Bearer {_token(token)}"
        elif self._login:
            self._known[repository] = _header(self._login, request)
        else:
            raise RefusedError
        request.headers["authorization"] = self._known[repository]
        yield request

    def _token_request(self, request: httpx.Request, challenge: str) -> httpx.Request:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = httpx.URL(fields.pop("realm", ""))
        if realm.scheme not in {"https", request.url.scheme}:
            raise LoginError(f"its login service is at {str(realm)!r}, which is not https")
        asking = httpx.Request(
            "GET",
            realm.copy_merge_params(fields),
            headers={"accept-encoding": "identity"},
            # The client sets its time limits for requests of its own only.
            extensions={"timeout": request.extensions["timeout"]},
        )
        if self._login:
            asking.headers["authorization"] = _header(self._login, asking)
        return asking


def _repository(url: httpx.URL) -> str:
    """The path up to what is asked of the repository: its tags or one of its manifests."""
    return re.split("/(?:tags|manifests)/", url.path)[0]


def _header(login: httpx.BasicAuth, request: httpx.Request) -> str:
    return str(next(login.auth_flow(request)).headers["authorization"])


def _token(answer: httpx.Response) -> str:
    if answer.is_error:
        raise RefusedError
    try:
        body = answer.json()
        return str(body.get("token") or body["access_token"])
    except (ValueError, KeyError, AttributeError):
        raise LoginError("its login service gave no token") from None
