"""An engine of the imagination: containers, images and networks that tests change and look at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from slipway.agent.engine.client import Engine, EngineError

CONTAINER = re.compile(r"/containers/([^/]+)(?:/(\w+))?")
IMAGE = re.compile(r"/images/(.+?)(/json)?")


class UnknownCallError(BaseException):
    """What the agent asks for is nothing that this engine knows; nothing may catch it."""


class KilledError(BaseException):
    """`kill -9` of the agent."""


class Containers(Engine):
    """Containers by name, as the real engine describes them. `done` has what changed anything."""

    def __init__(self, *names: str, environment: tuple[str, ...] = ()) -> None:
        super().__init__("unix:///nowhere")
        self.found = {
            name: described(name, {"Env": [*environment], "Labels": {"slipway.secrets": "TOKEN"}})
            for name in names
        }
        self.lines: dict[str, list[tuple[float, str]]] = {name: [] for name in names}
        self.used: dict[str, float] = dict.fromkeys(names, 0.0)  # processor seconds
        self.images: dict[str, list[str]] = {}  # digests by reference
        self.registry: dict[str, list[str]] = {}  # what a pull brings
        self.logins: list[Any] = []  # of pulls and of questions for manifests
        self.networks: dict[str, str] = {}  # subnet by name
        self.volumes: dict[str, dict[str, str]] = {}  # labels by name
        self.exits: dict[str, int] = {}  # code with which a container ends as soon as it starts
        self.refused: dict[str, EngineError | KilledError] = {}  # by what would have been done
        self.done: list[str] = []

    def say(self, name: str, line: str, moment: float = 0.0) -> None:
        """Log a line at `moment`, in seconds since the epoch."""
        self.lines.setdefault(name, []).append((moment, line))

    def status(self, name: str) -> str:
        """In Docker's word, or that there is none."""
        return str(self.found[name]["State"]["Status"]) if name in self.found else "none"

    # -- what the agent calls ---------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 0.0,
    ) -> Any:
        asked = query or {}
        known: list[tuple[str, re.Pattern[str] | str, Callable[..., Any]]] = [
            ("GET", "/version", lambda: {"Version": "24.0.7"}),
            ("GET", "/info", lambda: {"DockerRootDir": "/nowhere"}),
            ("GET", "/containers/json", lambda: self._list(asked["filters"])),
            ("POST", "/containers/create", lambda: self._create(asked["name"], body)),
            ("GET", "/networks", lambda: [*map(self._inspect_network, self.networks)]),
            ("POST", "/networks/create", lambda: self._network(body)),
            ("POST", "/volumes/create", lambda: self._volume(body)),
            ("GET", re.compile(r"/volumes/(.+)"), self._inspect_volume),
            ("GET", re.compile(r"/networks/(.+)"), self._inspect_network),
            ("GET", IMAGE, self._inspect_image),
            ("DELETE", IMAGE, self._delete_image),
            ("GET", CONTAINER, self._look),
            ("DELETE", CONTAINER, self._remove),
            ("POST", CONTAINER, lambda name, verb: self._change(name, verb, asked, body)),
        ]
        for verb, place, do in known:
            match = re.fullmatch(place, path)
            if verb == method and match:
                return do(*match.groups())
        raise UnknownCallError(f"{method} {path}")

    def pull(self, reference: str, login: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
        self.logins.append(login)
        self._do(f"pull {reference}")
        yield {"status": "Pulling"}
        if reference not in self.registry:
            raise EngineError("manifest unknown")
        self.images[reference] = self.registry[reference]
        yield {"status": "Complete"}

    def logs(self, container: str, lines: int, since: float | None = None) -> list[str]:
        late = [each for each in self.lines[container] if since is None or each[0] >= since][
            -lines:
        ]
        if since is None:
            return [line for _, line in late]
        return [
            f"{datetime.fromtimestamp(moment, UTC).isoformat()} {line}" for moment, line in late
        ]

    def execute(self, container: str, command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        raise UnknownCallError(f"{' '.join(command)} in {container}")

    def manifest(self, reference: str, login: Mapping[str, Any] | None, timeout: float) -> None:
        self.logins.append(login)
        if reference not in self.registry:
            raise EngineError("manifest unknown", status=404)

    # -- what comes of it -------------------------------------------------------------------------

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what in self.refused:
            raise self.refused[what]

    def _known(self, name: str) -> dict[str, Any]:
        if name not in self.found:
            raise EngineError(f"No such container: {name}", status=404)
        return self.found[name]

    def _list(self, filters: str) -> list[dict[str, Any]]:
        pairs = [each.split("=", 1) for each in json.loads(filters)["label"]]
        return [
            {
                "Id": name,
                "Names": [f"/{name}"],
                "Labels": each["Config"]["Labels"],
                "State": each["State"]["Status"],
            }
            for name, each in self.found.items()
            if all(each["Config"]["Labels"].get(label) == value for label, value in pairs)
        ]

    def _create(self, name: str, body: Mapping[str, Any]) -> None:
        self._do(f"create {name}")
        self._free(name)
        self.found[name] = described(name, body, status="created")
        self.lines[name] = []

    def _free(self, name: str) -> None:
        if name in self.found:
            raise EngineError(f"Conflict. The container name {name} is in use", status=409)

    def _look(self, name: str, what: str) -> Any:
        found = self._known(name)
        if what == "json":
            return found
        if what == "stats":
            usage = {"total_usage": self.used[name] * 1e9}
            return {"cpu_stats": {"cpu_usage": usage, "online_cpus": 2}}
        raise UnknownCallError(f"GET /containers/{name}/{what}")

    def _change(self, name: str, verb: str, query: Mapping[str, Any], body: Any) -> None:
        arguments = {"start": [], "stop": [query.get("t")], "rename": [query.get("name")]}
        if verb not in arguments or body is not None:
            raise UnknownCallError(f"POST /containers/{name}/{verb}")
        self._do(" ".join(map(str, [verb, name, *arguments[verb]])))
        state = self._known(name)["State"]
        if verb == "start" and name in self.exits:
            state.update(Status="exited", ExitCode=self.exits[name])
        elif verb == "start":
            state["Status"] = "running"
        elif verb == "stop" and state["Status"] == "running":
            state["Status"] = "exited"
        elif verb == "rename":
            self._free(query["name"])
            self.found[query["name"]] = self.found.pop(name) | {"Name": f"/{query['name']}"}
            self.lines[query["name"]] = self.lines.pop(name, [])

    def _remove(self, name: str, rest: str | None) -> None:
        if rest:
            raise UnknownCallError(f"DELETE /containers/{name}/{rest}")
        if name in self.found:
            self._do(f"remove {name}")
        self._known(name)
        del self.found[name]

    def _network(self, body: Mapping[str, Any]) -> None:
        self._do(f"network {json.dumps(body, sort_keys=True)}")
        self.networks[body["Name"]] = body["IPAM"]["Config"][0]["Subnet"]

    def _inspect_network(self, name: str) -> dict[str, Any]:
        if name not in self.networks:
            raise EngineError(f"network {name} not found", status=404)
        return {"Name": name, "IPAM": {"Config": [{"Subnet": self.networks[name]}]}}

    def _volume(self, body: Mapping[str, Any]) -> None:
        self._do(f"volume {body['Name']}")
        self.volumes[body["Name"]] = body["Labels"]

    def _inspect_volume(self, name: str) -> dict[str, Any]:
        if name not in self.volumes:
            raise EngineError(f"get {name}: no such volume", status=404)
        return {"Name": name, "Labels": self.volumes[name]}

    def _inspect_image(self, reference: str, _: str) -> dict[str, Any]:
        if reference not in self.images:
            raise EngineError(f"No such image: {reference}", status=404)
        return {"RepoDigests": self.images[reference]}

    def _delete_image(self, reference: str, rest: str | None) -> None:
        if rest:
            raise UnknownCallError(f"DELETE /images/{reference}{rest}")
        self._do(f"delete {reference}")
        if reference in {each["Config"].get("Image") for each in self.found.values()}:
            raise EngineError("image is being used by a container", status=409)
        del self.images[reference]


def described(name: str, body: Mapping[str, Any], status: str = "running") -> dict[str, Any]:
    """A container as the engine tells it, made of what was asked for."""
    return {
        "Name": f"/{name}",
        "RestartCount": 0,
        "State": {"Status": status, "ExitCode": 0, "StartedAt": "2020-01-01T00:00:00Z"},
        "Config": {"Image": "", "Env": [], "Labels": {}, **body},
        "HostConfig": {"NanoCpus": 0, **body.get("HostConfig", {})},
    }
