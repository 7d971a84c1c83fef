"""The report of a rollout that failed: what, where, when, and what every server serves now."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway import paths
from slipway.protocol.answers import AbortAnswer
from slipway.protocol.codec import to_json


@dataclass(frozen=True)
class Incident:
    """One failed rollout; `servers` has the report of each server's agent, by name."""

    environment: str
    application: str
    version: str
    step: str  # the one that failed first
    outcomes: Mapping[str, str]  # by server, what it serves now
    servers: Mapping[str, AbortAnswer] = field(default_factory=dict)
    errors: tuple[str, ...] = ()  # as Pulumi reports them

    def data(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "environment": self.environment,
            "application": self.application,
            "version": self.version,
            "failed_step": self.step,
            "errors": list(self.errors),
            "outcomes": dict(self.outcomes),
            "servers": {name: to_json(each) for name, each in self.servers.items()},
        }

    def text(self) -> str:
        """The same for people."""
        lines = [
            f"{self.application} {self.version} on {self.environment}: {self.step} failed",
            "",
        ]
        for name, outcome in self.outcomes.items():
            lines.append(f"{name}: {outcome}")
        for name, answer in self.servers.items():
            if report := answer.incident:
                lines += ["", f"{name}, step {report.step}: {report.fault.what}"]
                lines += [f"  before: {report.before or 'nothing served'}"]
                lines += [f"  remedy: {report.fault.remedy}"] if report.fault.remedy else []
                if report.log:
                    lines += ["  log:", *(f"    {line}" for line in report.log)]
        lines += ["", "Timeline (UTC)"]
        entries = [
            (each, name) for name, server in self.servers.items() for each in server.timeline
        ]
        for each, name in sorted(entries, key=lambda entry: entry[0].time):
            at = datetime.fromtimestamp(each.time, UTC).strftime("%H:%M:%S.%f")[:-3]
            lines.append(f"  {at}  {name}  {each.step}: {each.action} {each.outcome}")
        return "\n".join(lines) + "\n"


KEPT = 100
"""Reports of an environment that are kept on the machine that deploys, the newest ones."""


def write(incident: Incident, folder: Path | None = None) -> Path:
    """Write the report as JSON and as text, readable by their owner only; the text's path.

    Reports of this environment beyond the newest KEPT are removed. Raises OSError when it cannot be
    written.
    """
    folder = folder or paths.state("incidents")
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = f"{incident.application}-{incident.environment}-{now}"
    for suffix, text in (
        ("json", json.dumps(incident.data(), indent=2)),
        ("txt", incident.text()),
    ):
        handle = os.open(folder / f"{name}.{suffix}", os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        own = f"{incident.application}-{incident.environment}-{'[0-9]' * 8}T*.{suffix}"
        for old in sorted(folder.glob(own))[:-KEPT]:
            old.unlink()
    return folder / f"{name}.txt"
