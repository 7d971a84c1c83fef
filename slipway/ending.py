"""How a rollout that failed is brought to one end on all servers, at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slipway.fleet import agent_command, running
from slipway.release import accord
from slipway.release.status import Running
from slipway.remote import Answer, Host, ask

TIMEOUT = 120.0  # seconds; a server that needs longer comes to its end by itself

Order = Callable[[str, bool], str]  # from a server's name, and whether there is evidence


@dataclass(frozen=True)
class End:
    """What became of the rollout on one server."""

    word: str  # of slipway.release.accord
    serving: Running | None = None
    fault: str = ""
    incident: Mapping[str, Any] = field(default_factory=dict)  # what its agent tells of it

    @property
    def story(self) -> str:
        if self.word == accord.UNKNOWN:
            return f"not reached ({self.fault}); it comes to the same end when its lease ends"
        if self.word == accord.CONFIRMED:
            return "on the new release, until the others' word is known (or: slipway resolve)"
        if self.serving is None:
            return "serves nothing, as before"
        verb = "committed" if self.word == accord.COMMITTED else "rolled back to"
        return f"{verb} {self.serving}"


def end(hosts: Sequence[Host], order: Order) -> dict[str, End]:
    """Make all servers of a rollout go back, or commit where all have confirmed already.

    A server that has confirmed goes back only once another one has: see `slipway.release.accord`.
    """
    ends = _tell(hosts, "abort", order, evidence=False)
    follows = accord.conclusion([each.word for each in ends.values()])
    waiting = [host for host in hosts if ends[host.name].word == accord.CONFIRMED]
    if waiting and follows == accord.COMMIT:
        ends |= _tell(waiting, "finalize", order, evidence=False)
    elif waiting and follows == accord.GO_BACK:
        ends |= _tell(waiting, "abort", order, evidence=True)
    return ends


def story(ends: Mapping[str, End]) -> str:
    """In one line what each server serves now."""
    told: dict[str, list[str]] = {}
    for name, each in ends.items():
        told.setdefault(each.story, []).append(name)
    return "; ".join(f"{', '.join(names)}: {what}" for what, names in told.items())


def causes(ends: Mapping[str, End]) -> str:
    """In one line what failed, by the word of the servers; empty where none knows of a fault."""
    return "; ".join(
        f"{name}, {each.incident['step']}: {each.incident['fault']['what']}"
        for name, each in ends.items()
        if each.incident.get("fault")
    )


def _tell(hosts: Sequence[Host], step: str, order: Order, *, evidence: bool) -> dict[str, End]:
    orders = {host.name: order(host.name, evidence) for host in hosts}
    answers = ask(hosts, agent_command(step), stdin=orders, timeout=TIMEOUT)
    return {name: _end(answer) for name, answer in answers.items()}


def _end(answer: Answer) -> End:
    if not answer.ok:
        reason = answer.stderr.strip().splitlines()[-1:] or ["no answer"]
        return End(accord.UNKNOWN, fault=reason[0])
    try:
        data: dict[str, Any] = json.loads(answer.stdout)
        return End(data["vote"], running(data["serving"]), incident=data.get("incident") or {})
    except (ValueError, KeyError, TypeError):
        return End(accord.UNKNOWN, fault=f"it answered {answer.stdout[:80]!r}")
