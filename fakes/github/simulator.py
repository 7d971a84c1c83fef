"""Starts the simulator on a port of this machine, for tests and by hand."""

from __future__ import annotations

import json
import os
import socket
import threading
from types import TracebackType
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fakes.github.limits import Failure
from fakes.github.server import Exchange, Server
from fakes.github.state import GitHub, Organization, Repository, Token, User
from lab import waiting
from slipway.errors import SlipwayError

HOST: Final = "127.0.0.1"
START_LIMIT: Final = 20.0  # seconds
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise SlipwayError(
            os.strerror(error.errno or 0), where=f"{HOST}:{port}", remedy="Choose another port"
        ) from error


class Simulator:
    """A GitHub with the organization `acme`, its users and teams, and the repository `acme/shop`.

    Use it as a context manager. `hub` is its state, for tests to read and to change. `violations`
    must be empty at the end: each is a request or an answer that GitHub's own schemas don't allow.
    """

    def __init__(self, port: int = 0) -> None:
        self._socket = _listen(port)
        self.hub = GitHub()
        self.organization: Organization = self.hub.organization("acme")
        self.users: list[User] = [self.hub.user(name) for name in ("ada", "grace", "linus")]
        self.organization.team("operators", *self.users[:2])
        self.organization.team("developers", *self.users)
        self.repository: Repository = self.hub.repository(self.organization, "shop")
        self.token: Token = self.hub.token(self.users[0])
        self._server = Server(self.hub)
        self._server.address = f"http://{HOST}:{self._socket.getsockname()[1]}"
        application = Starlette(routes=[Route("/{path:path}", self._answer, methods=METHODS)])
        settings = uvicorn.Config(application, log_level="warning", lifespan="off")
        self._uvicorn = uvicorn.Server(settings)
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> Simulator:
        self._thread.start()
        waiting.until(
            lambda: self._uvicorn.started or not self._thread.is_alive(), START_LIMIT, poll=0.01
        )
        if not self._uvicorn.started:
            raise SlipwayError("it did not start", where=f"GitHub simulator at {self.base_url}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(START_LIMIT)
        self._socket.close()

    @property
    def base_url(self) -> str:
        """What the provider's `base_url` is set to."""
        return f"{self._server.address}/"

    @property
    def requests(self) -> list[Exchange]:
        """All requests since the start, or since `forget`."""
        return self._server.log

    @property
    def reads(self) -> list[str]:
        """Requests that change nothing, such as `GET /repos/acme/shop`."""
        return [str(each) for each in self.requests if not each.writes]

    @property
    def writes(self) -> list[str]:
        """Requests that change something, or tried to."""
        return [str(each) for each in self.requests if each.writes]

    @property
    def violations(self) -> list[str]:
        """Requests and answers that GitHub's schemas don't allow."""
        return self._server.violations

    def forget(self) -> None:
        """Clear the log of requests."""
        self._server.log.clear()

    def token_with(self, *scopes: str) -> Token:
        """A classic token of the same user with these scopes only."""
        return self.hub.token(self.users[0], *scopes)

    def fine_grained_token(self, **permissions: str) -> Token:
        """A fine-grained token of the same user with these permissions only: `secrets="write"`."""
        return self.hub.fine_grained_token(self.users[0], **permissions)

    def fail_next(
        self,
        status: int,
        *,
        times: int = 1,
        method: str = "",
        path: str = "",
        retry_after: int | None = None,
    ) -> None:
        """Answer the next requests with an error; `path` is a part of theirs.

        With `retry_after` (seconds) it is the secondary rate limit, for which GitHub uses 403 and
        429.
        """
        self._server.failures.append(Failure(status, times, method, path, retry_after))

    def exhaust_rate_limit(self, seconds: float) -> None:
        """Answer with the primary rate limit's 403 for so long from the next request on."""
        self._server.limits.exhaust(seconds)

    async def _answer(self, request: Request) -> Response:
        target = request.scope["raw_path"].decode()
        if query := request.scope["query_string"].decode():
            target = f"{target}?{query}"
        content = await request.body()
        answer = self._server.respond(request.method, target, request.headers, content)
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        kind = {"Content-Type": "application/json; charset=utf-8"} if body else {}
        return Response(body, answer.status, {**answer.headers, **kind})
