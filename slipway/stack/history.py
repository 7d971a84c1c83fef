"""A stack's history, and the update that a rollback applies again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pulumi.automation import ConfigMap, Stack, UpdateSummary

from slipway.errors import SlipwayError
from slipway.rollout.release import SETTINGS
from slipway.stack import workspace

ACTOR_KEYS: Final = ("git.author", "git.committer", "ci.system", "exec.agent")
"""What Pulumi records about who made an update, best first. It records no login names."""


@dataclass(frozen=True)
class Update:
    """One entry of the history; `release` has the release keys that it applied.

    `actor` is the author of the deployed commit, or the CI system, or empty; Pulumi's file backends
    record nothing else.
    """

    kind: str
    result: str
    started: datetime
    duration: timedelta
    message: str
    actor: str
    release: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The version that it applied; empty for an update without one."""
        return str(self.release.get("version", ""))

    @property
    def succeeded(self) -> bool:
        """Whether it was an update that succeeded."""
        return self.kind == "update" and self.result == "succeeded"


def read(stack: Stack) -> list[Update]:
    """All updates of a stack, newest first, without secret values. Raises SlipwayError."""
    unlimited = 0  # entries on a page; 10 by default
    summaries = stack.history(page_size=unlimited, show_secrets=False)
    project = workspace.project_name()
    return [_update(summary, project) for summary in summaries]


def rollback_target(
    history: Sequence[Update], version: str | None = None, *, interrupted: bool = False
) -> Update:
    """The last successful update to another release than that of the newest update.

    With `version`, the last successful update to it. With `interrupted`, the newest update was
    killed and may be missing in the history; then it is the last successful update. Raises
    SlipwayError when there is none.
    """
    done = [update for update in history if update.succeeded]
    if version is not None:
        found = [update for update in done if update.version == version]
    elif interrupted:
        found = done
    else:
        found = [update for update in done if update.release != history[0].release]
    if found:
        return found[0]
    known = ", ".join(dict.fromkeys(update.version for update in done)) or "none"
    wanted = f"to {version}" if version else "of another release"
    raise SlipwayError(
        f"the history has no successful update {wanted}",
        where="rollback",
        remedy=f"Versions that succeeded: {known}",
    )


def _update(summary: UpdateSummary, project: str) -> Update:
    environment = summary.environment or {}
    ended = summary.end_time or summary.start_time
    return Update(
        kind=summary.kind,
        result=summary.result,
        started=summary.start_time.replace(tzinfo=UTC),
        duration=ended - summary.start_time,
        message=summary.message,
        actor=next((environment[key] for key in ACTOR_KEYS if environment.get(key)), ""),
        release=_release(summary.config, project),
    )


def _release(config: ConfigMap, project: str) -> dict[str, Any]:
    found = {key: config.get(f"{project}:{key}") for key in SETTINGS}
    return {
        key: decoded(key, entry.value)
        for key, entry in found.items()
        if entry is not None and not entry.secret
    }


def decoded(key: str, text: str) -> Any:
    """A release key's value: the version is plain text, the others are JSON."""
    if key == "version":
        return text
    try:
        return json.loads(text)
    except ValueError:  # the update failed because of it
        return text
