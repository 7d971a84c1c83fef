"""The proxy's container: made, led to a configuration, replaced, all without losing a request."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.agent import proxy
from slipway.agent.containers import LOGS, definition
from slipway.agent.docker import Engine
from slipway.agent.proxy import Configuration
from slipway.agent.report import Report
from slipway.agent.runtime import Runtime
from slipway.agent.store import replace_file
from slipway.errors import SlipwayError
from slipway.release.state import Proxy, State

PATIENCE = 10.0  # seconds until a started or reloaded proxy must answer
RETIREMENT = 30.0  # seconds that a replaced proxy gets to end its connections
DRAFT = ".draft.cfg"
MARK = "slipway.definition"
# The engine takes a container that was ever sent a signal, a reload's too, for one stopped by hand:
# "unless-stopped" would leave it down when the server boots.
RESTART = {"Name": "always"}


def identity() -> tuple[int, int] | None:
    """The user and group that HAProxy's worker becomes: the agent's, so both reach the socket."""
    return (os.getuid(), os.getgid()) if os.getuid() else None


def payload(application: str, settings: Proxy, folder: Path, group: int) -> dict[str, Any]:
    """Root without privileges but those to take a low port and to become the agent's user."""
    body: dict[str, Any] = {
        "Image": settings.image,
        "Entrypoint": ["haproxy"],
        "Cmd": ["-W", "-db", "-x", proxy.SOCKET, "-f", proxy.CONFIGURATION],
        "User": f"0:{group}",
        "Env": [],
        "Labels": {"slipway.application": application, "slipway.kind": "proxy"},
        "HostConfig": {
            "NetworkMode": "host",
            "RestartPolicy": RESTART,
            "Binds": [f"{folder / 'config'}:/etc/slipway:ro", f"{folder / 'run'}:/var/run/slipway"],
            "CapDrop": ["ALL"],
            "CapAdd": ["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            "ReadonlyRootfs": True,
            "SecurityOpt": ["no-new-privileges:true"],
            "LogConfig": LOGS,
        },
    }
    body["Labels"][MARK] = definition(body, ())
    return body


class Balancer:
    """One application's proxy. Raises SlipwayError when it does not do as told."""

    def __init__(self, engine: Engine, application: str, folder: Path, report: Report) -> None:
        self.engine, self.application, self.folder, self.report = (
            engine,
            application,
            folder,
            report,
        )
        self.name = f"{application}-proxy"
        self.retiring = f"{self.name}-retiring"
        self.runtime = Runtime(folder / "run" / "haproxy.sock")
        self.file = folder / "config" / "haproxy.cfg"
        self.votes = folder / "config" / "votes.map"

    def wanted(self, state: State) -> Configuration:
        """What the state says the proxy does."""
        return proxy.configure(
            state.proxy, state.known, state.traffic, state.lasting, identity=identity()
        )

    def exists(self) -> bool:
        """Whether there is a container, running or not."""
        return self.engine.inspect(self.name) is not None

    def ensure(self, state: State) -> None:
        """The container runs, from the image and with the rights that the state asks for.

        A successor takes over the open ports of the one that runs, which then ends its connections.
        """
        self._folders()
        body = payload(self.application, state.proxy, self.folder, os.getgid())
        found = self.engine.inspect(self.name)
        if found and found["Config"]["Labels"].get(MARK) != body["Labels"][MARK]:
            self._set_aside()
            found = None
        if found is None or found["State"]["Status"] != "running":
            self._begin(body, self.wanted(state), exists=found is not None)
        self._retire()

    def _begin(self, body: dict[str, Any], configuration: Configuration, *, exists: bool) -> None:
        predecessor = self._worker()
        before = self.file.read_text() if self.file.exists() else None
        replace_file(self.file, configuration.text, 0o644)
        try:
            if not exists:
                self.report("creating the proxy")
                self.engine.create(self.name, body)
            self.engine.start(self.name)
            self._await(configuration.shape, unlike=predecessor)
        except SlipwayError:
            if before is not None:
                replace_file(self.file, before, 0o644)
            self._take_back()
            raise

    def _worker(self) -> str:
        """The worker that answers; none where no proxy runs."""
        try:
            return self.runtime.worker()
        except SlipwayError:
            return ""

    def apply(self, configuration: Configuration) -> float:
        """Lead the proxy to a configuration; the seconds that the traffic took to move.

        The file says the same before the running proxy is told, so that a restart changes nothing.
        """
        before = self.file.read_text() if self.file.exists() else ""
        if (
            proxy.outline(before) != proxy.outline(configuration.text)
            or self.runtime.shape() != configuration.shape
        ):
            self._reload(configuration)
        elif before != configuration.text:
            replace_file(self.file, configuration.text, 0o644)
        began = time.monotonic()
        self.runtime.order(proxy.commands(configuration.slots, *self.runtime.slots()))
        self._revive(configuration)
        return time.monotonic() - began

    def _revive(self, configuration: Configuration) -> None:
        """What has just been found ready needs not wait for the proxy's own next check.

        One that is dead all the same is found out by that check.
        """
        down = self.runtime.down()
        checks = [slot.check for slot in configuration.slots if slot.weight]
        self.runtime.order([f"set server {check} health up" for check in checks if check in down])

    def publish(self, votes: Mapping[str, str]) -> None:
        """What the proxy answers to the other servers of a rollout.

        A proxy that cannot be told now reads it when it starts.
        """
        text = "".join(f"{ballot} {word}\n" for ballot, word in votes.items())
        if self.votes.exists() and self.votes.read_text() == text:
            return
        self._folders()
        replace_file(self.votes, text, 0o644)
        told = [f"add map {proxy.VOTES} {ballot} {word}" for ballot, word in votes.items()]
        with contextlib.suppress(SlipwayError):
            self.runtime.order([f"clear map {proxy.VOTES}", *told])

    def faults(self, state: State) -> list[str]:
        """What is not as the state says, in a few words each. Changes nothing."""
        found = self.engine.inspect(self.name)
        if found is None:
            return ["proxy: missing"]
        if found["State"]["Status"] != "running":
            return [f"proxy: {found['State']['Status']} ({found['State']['ExitCode']})"]
        try:
            deviation = self._deviation(self.wanted(state))
        except (OSError, KeyError, SlipwayError) as error:
            deviation = str(error)
        return [f"proxy: {deviation}"] if deviation else []

    def _deviation(self, wanted: Configuration) -> str:
        if self.file.read_text() != wanted.text:
            return "its configuration was changed by hand"
        if self.runtime.shape() != wanted.shape:
            return "it runs another configuration than its file"
        changed = proxy.commands(wanted.slots, *self.runtime.slots())
        return "its traffic was changed by hand" if changed else ""

    def drain(self, slots: list[str], limit: float) -> int:
        """Wait until no request is left on the slots; how many are left after `limit` seconds."""
        until = time.monotonic() + limit
        while True:
            left = self.runtime.sessions(slots)
            if not left or time.monotonic() >= until:
                return left
            time.sleep(0.05)

    def _reload(self, configuration: Configuration) -> None:
        self.report("reloading the proxy")
        draft = self.file.with_name(DRAFT)
        replace_file(draft, configuration.text, 0o644)
        command = ("haproxy", "-c", "-q", "-f", f"{Path(proxy.CONFIGURATION).parent}/{DRAFT}")
        code, output = self.engine.execute(self.name, command, PATIENCE)
        if code:
            raise SlipwayError(
                f"the proxy refuses its configuration: {output.strip()[-500:]}", where=str(draft)
            )
        draft.replace(self.file)
        worker = self.runtime.worker()
        self.engine.post(f"/containers/{self.name}/kill", signal="SIGUSR2")
        self._await(configuration.shape, unlike=worker)

    def _await(self, shape: str, unlike: str = "") -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if self.runtime.shape() == shape and self.runtime.worker() != unlike:
                    return
                fault = "it still runs the configuration from before"
            except SlipwayError as error:
                fault = error.what
            if time.monotonic() >= until:
                log = " / ".join(self.engine.logs(self.name, 5))
                raise SlipwayError(
                    f"the proxy did not follow: {fault}; its log: {log[-500:]}", where=self.name
                )
            time.sleep(0.05)

    def _folders(self) -> None:
        for folder, mode in (
            (self.folder, 0o755),
            (self.file.parent, 0o755),
            (self.runtime.path.parent, 0o770),
        ):
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
        if not self.votes.exists():
            replace_file(self.votes, "", 0o644)

    def _set_aside(self) -> None:
        self.report("replacing the proxy")
        self.engine.remove(self.retiring)
        self._rename(self.name, self.retiring, {"Name": "no"})

    def _take_back(self) -> None:
        """The proxy from before, where it was set aside for one that does not start."""
        if self.engine.inspect(self.retiring) is not None:
            self.engine.remove(self.name)
            self._rename(self.retiring, self.name, RESTART)

    def _rename(self, old: str, new: str, restart: dict[str, str]) -> None:
        self.engine.post(f"/containers/{old}/update", {"RestartPolicy": restart})
        self.engine.post(f"/containers/{old}/rename", name=new)

    def _retire(self) -> None:
        """Let a replaced proxy end its connections, then remove it."""
        old = self.retiring
        found = self.engine.inspect(old)
        if found is None:
            return
        if found["State"]["Status"] == "running":
            self.engine.post(f"/containers/{old}/kill", signal="SIGUSR1")
        until = time.monotonic() + RETIREMENT
        while time.monotonic() < until:
            found = self.engine.inspect(old)
            if found is None or found["State"]["Status"] != "running":
                break
            time.sleep(0.1)
        self.engine.remove(old)
