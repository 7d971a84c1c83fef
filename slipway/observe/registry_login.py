"""Authentication at a registry: the token protocol, or HTTP basic."""

from __future__ import annotations

import re
from collections.abc import Generator

import httpx


class LoginError(Exception):
    """The registry requires a login that is not possible; the text says why."""


class RefusedError(LoginError):
    """The credentials are missing or wrong."""


class RegistryAuth(httpx.Auth):
    """Answers the challenge of a repository, and again when the token has expired.

    `login` is sent to the registry, or to the login service that it names; over plain http only
    where the registry itself is on plain http. The protocol is described at
    https://distribution.github.io/distribution/spec/auth/token/.
    """

    requires_response_body = True

    def __init__(self, login: httpx.BasicAuth | None) -> None:
        self._login = login
        self._known: dict[str, str] = {}  # by repository, the header that was accepted

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raises LoginError."""
        repository = _repository(request.url)
        if repository in self._known:
            request.headers["authorization"] = self._known[repository]
        answer = yield request
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            return
        if answer.url.host != request.url.host:
            raise LoginError(f"it redirects to {answer.url.host}, which requires a login too")
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
        token_request = httpx.Request(
            "GET",
            realm.copy_merge_params(fields),
            headers={"accept-encoding": "identity"},
            # The client sets time limits only for the requests that it builds.
            extensions={"timeout": request.extensions["timeout"]},
        )
        if self._login:
            token_request.headers["authorization"] = _header(self._login, token_request)
        return token_request


def _repository(url: httpx.URL) -> str:
    """The path of the repository, without `tags` or `manifests` after it."""
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
        raise LoginError("its login service returned no token") from None
