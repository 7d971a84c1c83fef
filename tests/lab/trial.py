"""A project of its own for the end-to-end tests: what people do with it, what servers say."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import yaml

from lab import servers, waiting
from lab.command import kill_session
from lab.layout import Server, find
from lab.update import Update
from lab.workspace import REPOSITORY, Workspace
from slipway.protocol.answers import StatusAnswer
from slipway.protocol.installation import Installation
from slipway.rollout.state import Phase

SERVERS: Final[dict[str, list[Server]]] = {
    "staging": [find("staging-2")],
    "production": [find("production-4"), find("production-5")],
}
IMAGE: Final = "trial"  # beside the demo's `shop` in the same registry
BAKE: Final = "1s"
DEADLINE: Final = "20s"  # so that a release that never gets ready is soon given up


@dataclass(frozen=True)
class Trial:
    """Stacks staging and production of the sample shop, on servers that no demo uses."""

    workspace: Workspace
    suffix: str
    digests: dict[str, str] = field(default_factory=dict)

    def version(self, number: str) -> str:
        """A version that no other run of the tests has."""
        return f"{number}-{self.suffix}"

    def configure(self) -> None:
        """Write both stack files."""
        application = application_of(IMAGE)
        for stack, machines in SERVERS.items():
            self.workspace.configure(
                stack,
                application=application,
                servers={each.name: address(each) for each in machines},
                rollout={"batch": 1, "bake": BAKE},
            )

    def up(self, stack: str, number: str = "", **values: Any) -> subprocess.CompletedProcess[str]:
        """Set the version and other keys, and run `pulumi up`, whatever comes of it."""
        if number:
            values["version"] = self.version(number)
        if values:
            self.workspace.configure(stack, **values)
        return self.workspace.attempt("up", "--stack", stack, "--yes", "--skip-preview")

    def now_and_next(self) -> tuple[str, str]:
        """The version that production serves, and the other one that staging has run."""
        old, new = self.version("v1.0.0"), self.version("v1.1.0")
        return (new, old) if served(SERVERS["production"][0]) == new else (old, new)

    def rests(self, stack: str, version: str) -> bool:
        """Whether every server of the stack serves that version, with nothing amiss or going on."""
        try:
            reports = [(served(server), status(server)) for server in SERVERS[stack]]
        except httpx.HTTPError:
            return False
        return all(
            (found, report.phase, report.problems) == (version, Phase.IDLE, ())
            for found, report in reports
        )

    def changes(self, stack: str) -> dict[str, int]:
        """What `pulumi preview` would do, by kind of change; empty when it would do nothing."""
        said = self.workspace.attempt("preview", "--stack", stack, "--json")
        assert said.returncode == 0, said.stdout + said.stderr
        summary: dict[str, int] = json.loads(said.stdout)["changeSummary"]
        return {kind: count for kind, count in summary.items() if kind != "same"}

    def planned(self, stack: str) -> str:
        """Everything that a preview with its details shows."""
        said = self.workspace.attempt("preview", "--stack", stack, "--diff")
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs."""
        text = self.workspace.pulumi("stack", "output", "--stack", stack, "--json")
        outputs: dict[str, Any] = json.loads(text)
        return outputs

    def history(self, stack: str) -> list[dict[str, Any]]:
        """Every update of the stack, the newest first."""
        text = self.workspace.pulumi(
            *("stack", "history", "--stack", stack, "--json", "--page-size", "0")
        )
        updates: list[dict[str, Any]] = json.loads(text)
        return updates

    def deployed(self, stack: str) -> list[str]:
        """The versions that its updates asked for, the newest first."""
        return [update["config"]["slipway:version"]["value"] for update in self.history(stack)]

    @contextmanager
    def spoiled(self, stack: str, **values: Any) -> Iterator[None]:
        """Other values in the stack file, for a while."""
        file = self.workspace.stack_file(stack)
        before = file.read_text()
        self.workspace.configure(stack, **values)
        try:
            yield
        finally:
            file.write_text(before)

    def secrets(self, stack: str) -> list[str]:
        """The values that must show up nowhere."""
        text = self.workspace.pulumi(
            "config", "get", "--stack", stack, "--path", "slipway:secrets.POSTGRES_PASSWORD"
        )
        return [text.strip()]

    @contextmanager
    def updating(self, stack: str) -> Iterator[Update]:
        """A `pulumi up` that runs meanwhile; it and what it leaves are killed at the end."""
        update = Update(
            self.workspace.start("up", "-s", stack, "--yes", "--skip-preview", own_session=True)
        )
        try:
            yield update
        finally:
            kill_session(update.process)


def errors(said: str) -> list[str]:
    """The errors that a command ends with, each with its resource and all of its lines.

    Beside them Pulumi says of every update with a failed resource that it failed.
    """
    told = re.split(
        r"^(?:Outputs|Resources):$", said.rpartition("\nDiagnostics:\n")[2], flags=re.MULTILINE
    )
    found = re.split(r"^(?=  \S+ \(.+\):$|error: )", told[0], flags=re.MULTILINE)
    return [
        text
        for text in found
        for error in text.split("error: ")[1:]
        if error.strip() != "update failed"
    ]


def refused(done: subprocess.CompletedProcess[str], *texts: str) -> None:
    """It failed with one error that says each text, and shows nothing of its insides."""
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    told = errors(said)
    assert len(told) == 1, said
    for text in texts:
        assert text in told[0]
    assert "Traceback" not in said
    assert 'File "/' not in said


def application_of(image: str, **definition: Any) -> dict[str, Any]:
    """The sample shop's definition with another image, so that its versions are the tests' own.

    One replica is enough for them: several are for the tests of the agent.
    """
    project = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text())
    application: dict[str, Any] = project["config"]["slipway:application"]["value"]
    application["images"] = {image: {**application["images"].pop("shop"), **definition}}
    for service in application["services"].values():
        service["image"] = image
        service["health"]["deadline"] = DEADLINE
    application["services"]["web"]["replicas"] = 1
    return application


def address(server: Server) -> dict[str, str]:
    """A server as the stack file names it."""
    return {"host": server.address, "private_address": server.address}


def status(server: Server) -> StatusAnswer:
    """What the server's agent reports; a server is named after its stack."""
    environment = server.name.partition("-")[0]
    return servers.agent_status(server, Installation("shop", environment))


def served(server: Server) -> str:
    """The version that a user of the server gets."""
    return str(servers.shop(server)["version"])


def images(server: Server) -> dict[str, str]:
    """By service, the image that the server runs."""
    serving = status(server).serving
    assert serving is not None
    return dict(serving.images)


def journal(server: Server) -> str:
    """Everything that the agent has noted on the server."""
    return servers.run(server, "cat /home/deploy/.slipway/*/*/journal.jsonl").stdout


def wait_for(what: str, happened: Callable[[], bool], limit: float = 60.0) -> None:
    """Wait until something is so; fails after `limit` seconds."""
    assert waiting.until(happened, limit), f"{what} did not happen within {limit:g} s"
