"""A stack's history as Pulumi tells it, and which of its updates to go back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from slipway.errors import SlipwayError
from slipway.release.release import SETTINGS

ACTOR_KEYS: Final = ("git.author", "git.committer", "ci.system", "exec.agent")
"""What Pulumi notes of who made an update, the most telling first. It knows no login names."""


@dataclass(frozen=True)
class Update:
    """One entry of the history; `release` holds the release keys that it applied.

    `actor` is the author of the commit that was deployed from, or the CI system; Pulumi's file
    backends know nobody else. It is empty outside of both.
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
        """Whether it was a whole update: never a failed, half-finished, or other one."""
        return self.kind == "update" and self.result == "succeeded"


def parse(entries: Sequence[Mapping[str, Any]], project: str) -> list[Update]:
    """What `pulumi stack history --json` prints, newest first; secret values are left out."""
    return [_update(entry, project) for entry in entries]


def rollback_target(
    history: Sequence[Update], version: str | None = None, *, cut_off: bool = False
) -> Update:
    """The last successful update of another release than the newest update tried to bring.

    With `version`, the last successful update to it. `cut_off` says that the newest update was
    killed on its way: it may be missing in the history, and what it tried to bring never came to
    be, so the last success is meant. Raises SlipwayError when there is none.
    """
    done = [update for update in history if update.succeeded]
    if version is not None:
        found = [update for update in done if update.version == version]
    elif cut_off:
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


def reapplied(content: Mapping[str, Any], target: Update, project: str) -> dict[str, Any]:
    """A stack file's content with the release keys of `target`, and all else as it is."""
    config = {
        key: value
        for key, value in (content.get("config") or {}).items()
        if key.removeprefix(f"{project}:") not in SETTINGS
    }
    release = {f"{project}:{key}": value for key, value in target.release.items()}
    return {**content, "config": {**config, **release}}


def _update(entry: Mapping[str, Any], project: str) -> Update:
    started = datetime.fromisoformat(entry["startTime"])
    ended = datetime.fromisoformat(entry.get("endTime") or entry["startTime"])
    environment = entry.get("environment") or {}
    return Update(
        kind=entry["kind"],
        result=entry["result"],
        started=started,
        duration=ended - started,
        message=entry.get("message", ""),
        actor=next((environment[key] for key in ACTOR_KEYS if environment.get(key)), ""),
        release=_release(entry.get("config", {}), project),
    )


def _release(config: Mapping[str, Any], project: str) -> dict[str, Any]:
    found = {key: config.get(f"{project}:{key}", {}) for key in SETTINGS}
    return {
        key: value.get("objectValue", value["value"])
        for key, value in found.items()
        if "value" in value
    }
