"""The proxy's container: created, configured and replaced without losing a request."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway.agent.engine.client import Engine
from slipway.agent.engine.containers import LOGS, definition
from slipway.agent.haproxy import config
from slipway.agent.haproxy.config import Configuration
from slipway.agent.haproxy.frontend import FOLDER, SOCKET, VOTES, certificate_name
from slipway.agent.haproxy.socket import RuntimeSocket
from slipway.agent.report import Report
from slipway.agent.state.store import replace_file
from slipway.errors import SlipwayError
from slipway.rollout.state import Proxy, State, certificate_digest

LOG_LINES = 50  # of its log that are read after an error
TIMEOUT = 10.0  # seconds until a started or reloaded proxy must answer
DRAFT = ".draft.cfg"
MASTER = f"{Path(SOCKET).with_name('master.sock')},mode,660"
DEFINITION = "slipway.definition"
# After any signal, also that of a reload, the engine treats a container as stopped by a person:
# "unless-stopped" would not start it when the server boots.
RESTART = {"Name": "always"}


def identity() -> tuple[int, int] | None:
    """The user and group of HAProxy's worker: the agent's, so that both can use the socket."""
    return (os.getuid(), os.getgid()) if os.getuid() else None


def payload(application: str, settings: Proxy, folder: Path, group: int) -> dict[str, Any]:
    """Root, only with the capabilities to bind low ports and to change to the agent's user.

    With a certificate also to read it, because only that user may.
    """
    reading = ["DAC_OVERRIDE"] if settings.https_port else []
    body: dict[str, Any] = {
        "Image": settings.image,
        "Entrypoint": ["haproxy"],
        "Cmd": ["-W", "-db", "-S", MASTER, "-x", SOCKET, "-f", config.CONFIGURATION],
        "User": f"0:{group}",
        "Env": [],
        "Labels": {"slipway.application": application, "slipway.kind": "proxy"},
        "HostConfig": {
            "NetworkMode": "host",
            "RestartPolicy": RESTART,
            "Binds": [f"{folder / 'config'}:/etc/slipway:ro", f"{folder / 'run'}:/var/run/slipway"],
            "CapDrop": ["ALL"],
            "CapAdd": ["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", *reading],
            "ReadonlyRootfs": True,
            "SecurityOpt": ["no-new-privileges:true"],
            "LogConfig": LOGS,
        },
    }
    body["Labels"][DEFINITION] = definition(body, ())
    return body


def trial(application: str, settings: Proxy, folder: Path, group: int) -> dict[str, Any]:
    """HAProxy with the same image and rights, which only checks the draft."""
    body = payload(application, settings, folder, group)
    limits = {"NetworkMode": "none", "RestartPolicy": {"Name": "no"}}
    return {
        **body,
        "Cmd": ["-c", "-f", f"{FOLDER}/{DRAFT}"],
        "Labels": {"slipway.application": application, "slipway.kind": "trial"},
        "HostConfig": {**body["HostConfig"], **limits},
    }


def _differs(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a container was created with another definition than `body`."""
    return bool(found["Config"]["Labels"].get(DEFINITION) != body["Labels"][DEFINITION])


class ProxyContainer:
    """One application's proxy. Raises SlipwayError when it fails."""

    def __init__(self, engine: Engine, application: str, folder: Path, report: Report) -> None:
        self.engine, self.application, self.folder, self.report = (
            engine,
            application,
            folder,
            report,
        )
        self.name = f"{application}-proxy"
        self.retiring = f"{self.name}-retiring"
        self.trial = f"{self.name}-trial"
        self.runtime = RuntimeSocket(folder / "run" / "haproxy.sock")
        self.file = folder / "config" / "haproxy.cfg"
        self.votes = folder / "config" / "votes.map"

    def wanted(self, state: State) -> Configuration:
        """The proxy's configuration for a state."""
        return config.configure(
            state.proxy,
            state.known,
            state.traffic,
            state.traffic_after_restart,
            identity=identity(),
        )

    def keep_certificate(self, pem: str) -> None:
        """Write it beside the one in use, if any; the configuration names the one to use."""
        self._folders()
        name = certificate_name(certificate_digest(pem))
        replace_file(self.file.with_name(name), pem, 0o600)

    def forget_certificates(self, state: State) -> None:
        """Remove all except those of the current and of the previous settings."""
        used = (state.proxy, state.proxy_before or state.proxy)
        kept = {certificate_name(each.certificate) for each in used}
        for path in self.file.parent.glob(certificate_name("*")):
            if path.name not in kept:
                path.unlink()

    def exists(self) -> bool:
        """Whether there is a container, running or not."""
        return self.engine.inspect(self.name) is not None

    def ensure(self, state: State) -> None:
        """Make the container run with the image and the rights in the state.

        A new container takes over the open ports of the running one, which then ends its
        connections. Where none runs, the configuration is checked by the start itself.
        """
        self._folders()
        body = payload(self.application, state.proxy, self.folder, os.getgid())
        found = self.engine.inspect(self.name)
        changed = found and _differs(found, body)
        if found is None or changed or found["State"]["Status"] != "running":
            configuration = self.wanted(state)
            if changed:
                self._check(state.proxy, configuration)
                self._set_aside()
            self._begin(body, configuration, exists=found is not None and not changed)
        self._retire(state.proxy.drain)

    def _begin(self, body: dict[str, Any], configuration: Configuration, *, exists: bool) -> None:
        predecessor = self._worker()
        try:
            with self._written(configuration):
                if not exists:
                    self.report("creating the proxy")
                    self.engine.create(self.name, body)
                self.engine.start(self.name)
                self._await(configuration.shape, unlike=predecessor)
        except SlipwayError:
            if not exists:
                self.engine.remove(self.name)
            self._restore()
            raise

    @contextlib.contextmanager
    def _written(self, configuration: Configuration) -> Iterator[None]:
        """Write the configuration to the file; restore the one from before if the body fails."""
        before = self.file.read_text() if self.file.exists() else None
        replace_file(self.file, configuration.text, 0o644)
        try:
            yield
        except SlipwayError:
            if before is None:
                self.file.unlink()
            else:
                replace_file(self.file, before, 0o644)
            raise

    def _worker(self) -> str:
        """The worker that answers; empty where no proxy runs."""
        try:
            return self.runtime.worker()
        except SlipwayError:
            return ""

    def apply(self, settings: Proxy, configuration: Configuration) -> float:
        """Make the proxy follow a configuration; the seconds that the traffic took to move.

        The file is written before the running proxy changes, so that a restart changes nothing.
        """
        before = self.file.read_text() if self.file.exists() else ""
        if (
            config.outline(before) != config.outline(configuration.text)
            or self.runtime.shape() != configuration.shape
        ):
            self._reload(settings, configuration)
        elif before != configuration.text:
            replace_file(self.file, configuration.text, 0o644)
        began = time.monotonic()
        self.runtime.execute(config.commands(configuration.slots, *self.runtime.slots()))
        self._mark_up(configuration)
        return time.monotonic() - began

    def _mark_up(self, configuration: Configuration) -> None:
        """Mark slots as up whose containers are ready, without waiting for the proxy's next check.

        That check finds those that are down nevertheless.
        """
        down = self.runtime.down()
        checks = [slot.check for slot in configuration.slots if slot.weight]
        self.runtime.execute([f"set server {check} health up" for check in checks if check in down])

    def publish(self, votes: Mapping[str, str]) -> None:
        """Write the votes that the proxy answers to the other servers of a rollout.

        A proxy that does not run reads them when it starts.
        """
        text = "".join(f"{transaction} {vote}\n" for transaction, vote in votes.items())
        if self.votes.exists() and self.votes.read_text() == text:
            return
        self._folders()
        replace_file(self.votes, text, 0o644)
        added = [f"add map {VOTES} {transaction} {vote}" for transaction, vote in votes.items()]
        with contextlib.suppress(SlipwayError):
            self.runtime.execute([f"clear map {VOTES}", *added])

    def faults(self, state: State) -> list[str]:
        """The differences from the state, in a few words each. Changes nothing."""
        found = self.engine.inspect(self.name)
        if found is None:
            return ["proxy: missing"]
        if found["State"]["Status"] != "running":
            return [f"proxy: {found['State']['Status']} ({found['State']['ExitCode']})"]
        if _differs(found, payload(self.application, state.proxy, self.folder, os.getgid())):
            return ["proxy: its container has other settings"]
        try:
            drift = self._drift(self.wanted(state))
        except (OSError, KeyError, SlipwayError) as error:
            drift = str(error)
        return [f"proxy: {drift}"] if drift else []

    def _drift(self, wanted: Configuration) -> str:
        if self.file.read_text() != wanted.text:
            return "its configuration was changed by hand"
        if self.runtime.shape() != wanted.shape:
            return "it runs another configuration than its file"
        changed = config.commands(wanted.slots, *self.runtime.slots())
        return "its traffic was changed by hand" if changed else ""

    def drain(self, slots: list[str], limit: float) -> int:
        """Wait until the slots have no requests; how many there are after `limit` seconds."""
        until = time.monotonic() + limit
        while True:
            left = self.runtime.sessions(slots)
            if not left or time.monotonic() >= until:
                return left
            time.sleep(0.05)

    def _reload(self, settings: Proxy, configuration: Configuration) -> None:
        self.report("reloading the proxy")
        self._check(settings, configuration)
        worker = self.runtime.worker()
        with self._written(configuration):  # if a port is taken, the old worker still serves
            self.engine.post(f"/containers/{self.name}/kill", signal="SIGUSR2")
            self._await(configuration.shape, unlike=worker)

    def _check(self, settings: Proxy, configuration: Configuration) -> None:
        """Let HAProxy check the configuration before anything is changed."""
        draft = self.file.with_name(DRAFT)
        replace_file(draft, configuration.text, 0o644)
        self.engine.remove(self.trial)
        try:
            body = trial(self.application, settings, self.folder, os.getgid())
            self.engine.create(self.trial, body)
            self.engine.start(self.trial)
            code = self.engine.post(f"/containers/{self.trial}/wait")["StatusCode"]
            log = self.engine.logs(self.trial, LOG_LINES) if code else []
        finally:
            self.engine.remove(self.trial)
            draft.unlink()
        if code:
            raise self._rejected(log)

    def _rejected(self, log: Sequence[str]) -> SlipwayError:
        return SlipwayError(
            f"the proxy rejects its configuration: {config.first_error(log)}",
            where=str(self.file),
            remedy="The running proxy is unchanged. Correct the setting that the line names",
        )

    def _await(self, shape: str, unlike: str = "") -> None:
        until = time.monotonic() + TIMEOUT
        while True:
            try:
                if self.runtime.shape() == shape and self.runtime.worker() != unlike:
                    return
                fault = "it still has the configuration from before"
            except SlipwayError as error:
                fault = error.what
                self._raise_if_rejected()
            if time.monotonic() >= until:
                log = config.last_errors(self.engine.logs(self.name, LOG_LINES))
                raise SlipwayError(
                    f"the proxy did not apply its configuration: {fault}; its log: {log}",
                    where=self.name,
                )
            time.sleep(0.05)

    def _raise_if_rejected(self) -> None:
        """Only a port that is taken is worth waiting for, not an invalid configuration."""
        found = self.engine.inspect(self.name)
        if found and found["State"]["Status"] != "running":
            log = self.engine.logs(self.name, LOG_LINES)
            if config.rejected(log):
                raise self._rejected(log)

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

    def _restore(self) -> None:
        """Rename the old proxy back, where the new one does not start."""
        if self.engine.inspect(self.retiring) is not None:
            self.engine.remove(self.name)
            self._rename(self.retiring, self.name, RESTART)

    def _rename(self, old: str, new: str, restart: dict[str, str]) -> None:
        self.engine.post(f"/containers/{old}/update", {"RestartPolicy": restart})
        self.engine.rename(old, new)

    def _retire(self, drain: float) -> None:
        """Let a replaced proxy end its connections for `drain` seconds, then remove it."""
        old = self.retiring
        found = self.engine.inspect(old)
        if found is None:
            return
        if found["State"]["Status"] == "running":
            self.engine.post(f"/containers/{old}/kill", signal="SIGUSR1")
        until = time.monotonic() + drain
        while time.monotonic() < until:
            found = self.engine.inspect(old)
            if found is None or found["State"]["Status"] != "running":
                break
            time.sleep(0.1)
        self.engine.remove(old)
