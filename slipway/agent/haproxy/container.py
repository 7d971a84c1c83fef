"""The proxy's container: made, led to a configuration, replaced, all without losing a request."""

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

VERDICT = 50  # lines of its log that are read where it refuses
PATIENCE = 10.0  # seconds until a started or reloaded proxy must answer
DRAFT = ".draft.cfg"
MASTER = f"{Path(SOCKET).with_name('master.sock')},mode,660"
MARK = "slipway.definition"
# The engine takes a container that was ever sent a signal, a reload's too, for one stopped by hand:
# "unless-stopped" would leave it down when the server boots.
RESTART = {"Name": "always"}


def identity() -> tuple[int, int] | None:
    """The user and group that HAProxy's worker becomes: the agent's, so both reach the socket."""
    return (os.getuid(), os.getgid()) if os.getuid() else None


def payload(application: str, settings: Proxy, folder: Path, group: int) -> dict[str, Any]:
    """Root without privileges but those to take a low port and to become the agent's user.

    With a certificate also to read it: it is that user's, and nobody else's.
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
    body["Labels"][MARK] = definition(body, ())
    return body


def trial(application: str, settings: Proxy, folder: Path, group: int) -> dict[str, Any]:
    """HAProxy of the same image and rights, that only reads the draft and says what it thinks."""
    body = payload(application, settings, folder, group)
    limits = {"NetworkMode": "none", "RestartPolicy": {"Name": "no"}}
    return {
        **body,
        "Cmd": ["-c", "-f", f"{FOLDER}/{DRAFT}"],
        "Labels": {"slipway.application": application, "slipway.kind": "trial"},
        "HostConfig": {**body["HostConfig"], **limits},
    }


def _differs(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a container was made by another definition than `body`."""
    return bool(found["Config"]["Labels"].get(MARK) != body["Labels"][MARK])


class ProxyContainer:
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
        self.trial = f"{self.name}-trial"
        self.runtime = RuntimeSocket(folder / "run" / "haproxy.sock")
        self.file = folder / "config" / "haproxy.cfg"
        self.votes = folder / "config" / "votes.map"

    def wanted(self, state: State) -> Configuration:
        """What the state says the proxy does."""
        return config.configure(
            state.proxy, state.known, state.traffic, state.lasting, identity=identity()
        )

    def keep_certificate(self, pem: str) -> None:
        """Beside the one in use, if any; the configuration says which."""
        self._folders()
        name = certificate_name(certificate_digest(pem))
        replace_file(self.file.with_name(name), pem, 0o600)

    def forget_certificates(self, state: State) -> None:
        """All but those of the settings in use, and of those to go back to."""
        used = (state.proxy, state.proxy_before or state.proxy)
        kept = {certificate_name(each.certificate) for each in used}
        for path in self.file.parent.glob(certificate_name("*")):
            if path.name not in kept:
                path.unlink()

    def exists(self) -> bool:
        """Whether there is a container, running or not."""
        return self.engine.inspect(self.name) is not None

    def ensure(self, state: State) -> None:
        """The container runs, from the image and with the rights that the state asks for.

        A successor takes over the open ports of the one that runs, which then ends its connections.
        Where none runs, the start itself is the trial.
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
            self._take_back()
            raise

    @contextlib.contextmanager
    def _written(self, configuration: Configuration) -> Iterator[None]:
        """The file has the configuration; where what follows fails, it has the one from before."""
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
        """The worker that answers; none where no proxy runs."""
        try:
            return self.runtime.worker()
        except SlipwayError:
            return ""

    def apply(self, settings: Proxy, configuration: Configuration) -> float:
        """Lead the proxy to a configuration; the seconds that the traffic took to move.

        The file says the same before the running proxy is told, so that a restart changes nothing.
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
        self.runtime.order(config.commands(configuration.slots, *self.runtime.slots()))
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
        text = "".join(f"{transaction} {word}\n" for transaction, word in votes.items())
        if self.votes.exists() and self.votes.read_text() == text:
            return
        self._folders()
        replace_file(self.votes, text, 0o644)
        told = [f"add map {VOTES} {transaction} {word}" for transaction, word in votes.items()]
        with contextlib.suppress(SlipwayError):
            self.runtime.order([f"clear map {VOTES}", *told])

    def faults(self, state: State) -> list[str]:
        """What is not as the state says, in a few words each. Changes nothing."""
        found = self.engine.inspect(self.name)
        if found is None:
            return ["proxy: missing"]
        if found["State"]["Status"] != "running":
            return [f"proxy: {found['State']['Status']} ({found['State']['ExitCode']})"]
        if _differs(found, payload(self.application, state.proxy, self.folder, os.getgid())):
            return ["proxy: its container was made for other settings"]
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
        changed = config.commands(wanted.slots, *self.runtime.slots())
        return "its traffic was changed by hand" if changed else ""

    def drain(self, slots: list[str], limit: float) -> int:
        """Wait until no request is left on the slots; how many are left after `limit` seconds."""
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
        with self._written(configuration):  # a port that is taken: the worker from before serves on
            self.engine.post(f"/containers/{self.name}/kill", signal="SIGUSR2")
            self._await(configuration.shape, unlike=worker)

    def _check(self, settings: Proxy, configuration: Configuration) -> None:
        """HAProxy's own verdict, before anything is changed; in its words where it refuses."""
        draft = self.file.with_name(DRAFT)
        replace_file(draft, configuration.text, 0o644)
        self.engine.remove(self.trial)
        try:
            body = trial(self.application, settings, self.folder, os.getgid())
            self.engine.create(self.trial, body)
            self.engine.start(self.trial)
            code = self.engine.post(f"/containers/{self.trial}/wait")["StatusCode"]
            said = self.engine.logs(self.trial, VERDICT) if code else []
        finally:
            self.engine.remove(self.trial)
            draft.unlink()
        if code:
            raise self._refusal(said)

    def _refusal(self, said: Sequence[str]) -> SlipwayError:
        return SlipwayError(
            f"the proxy refuses its configuration: {config.verdict(said)}",
            where=str(self.file),
            remedy="What serves goes on as it was. Mend the setting that the line is about",
        )

    def _await(self, shape: str, unlike: str = "") -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                if self.runtime.shape() == shape and self.runtime.worker() != unlike:
                    return
                fault = "it still runs the configuration from before"
            except SlipwayError as error:
                fault = error.what
                self._stop_waiting_for_what_is_refused()
            if time.monotonic() >= until:
                log = config.alerts(self.engine.logs(self.name, VERDICT))
                raise SlipwayError(
                    f"the proxy did not follow: {fault}; its log: {log}", where=self.name
                )
            time.sleep(0.05)

    def _stop_waiting_for_what_is_refused(self) -> None:
        """A port that is taken may yet become free; what HAProxy cannot read stays so."""
        found = self.engine.inspect(self.name)
        if found and found["State"]["Status"] != "running":
            said = self.engine.logs(self.name, VERDICT)
            if config.refused(said):
                raise self._refusal(said)

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
