"""What every server of an environment runs, queried concurrently and read-only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from slipway.agents import checked
from slipway.errors import SlipwayError
from slipway.observe.status import Status
from slipway.protocol.answers import StatusAnswer
from slipway.protocol.installation import ROOT, Installation
from slipway.protocol.messages import read_answer, write_request
from slipway.protocol.requests import StatusRequest
from slipway.rollout.step import Step
from slipway.ssh import Answer, Host, ask

TIMEOUT = 30.0  # seconds for one server
LIFE = re.compile("[0-9a-f]{12}")


@dataclass(frozen=True)
class _Reply:
    """What the query prints, one field on a line; it works on a server without an agent too."""

    installed: str  # the life that was noted at the installation, see components/server.py
    life: str
    clock: int  # seconds since the epoch
    environments: tuple[str, ...]  # of this application that have a state here
    agent: str  # the agent's answer; empty where there is no agent


def query(installation: Installation) -> str:
    """The shell command that prints a `_Reply`; the status request is its standard input.

    An agent that fails makes the whole command fail: a status that cannot be read is not empty.
    """
    states = f"{ROOT}/{installation.application}/*/state.json"
    return (
        f'printf "%s\\n" "$(cat {installation.noted_life} 2>/dev/null)"'
        f' "$({life(installation.folder)})" "$(date +%s)" "$(echo {states})"; '
        f"[ ! -f {installation.agent}/__main__.py ] || {installation.command(Step.STATUS)}"
    )


def life(folder: str) -> str:
    """A shell command that prints the life of a server: one line that identifies it.

    A preview does not change it. It changes when the server was replaced, restarted or lost its
    agent, because it is a hash of the folder's inodes, the boot id and the start of the first
    process (field 22 of /proc/1/stat, which differs between containers). The inodes alone are not
    enough: machines made from one image have the same.
    """
    return (
        f"{{ stat -c %i.%Z . {ROOT} {folder} {folder}/*; cat /proc/sys/kernel/random/boot_id;"
        " sed 's/.*) //' /proc/1/stat | cut -d' ' -f20; } 2>/dev/null | sha256sum | cut -c1-12"
    )


def query_servers(
    installation: Installation, hosts: Mapping[str, Host], clock_skew: float
) -> tuple[dict[str, Status], dict[str, SlipwayError]]:
    """By name, the status of each server, and the error of each one whose status is unknown.

    `clock_skew` is the allowed difference in seconds between a server's clock and this machine's.
    """
    requests = {name: write_request(StatusRequest(installation.target(name))) for name in hosts}
    answers = ask(list(hosts.values()), query(installation), stdin=requests, timeout=TIMEOUT)
    found: dict[str, Status] = {}
    faults: dict[str, SlipwayError] = {}
    for host in hosts.values():
        try:
            found[host.name] = _status(installation, host, answers[host.name], clock_skew)
        except SlipwayError as error:
            faults[host.name] = error
    return found, faults


def statuses(
    installation: Installation, hosts: Mapping[str, Host], clock_skew: float
) -> dict[str, Status]:
    """Every server's status by name.

    Raises SlipwayError naming every server that cannot be reached, whose status cannot be read, or
    whose clock is wrong.
    """
    found, faults = query_servers(installation, hosts, clock_skew)
    if faults:
        raise SlipwayError("\n".join(str(fault) for fault in faults.values()))
    return found


def _status(installation: Installation, host: Host, answer: Answer, clock_skew: float) -> Status:
    where = f"servers/{host.name}"
    reply = _reply(where, checked(host, answer).stdout)
    # It looked at its clock at some moment in between: a slow answer says nothing about the clock.
    skew = min(reply.clock + 1 - answer.sent, max(0.0, reply.clock - answer.arrived))
    if abs(skew) > clock_skew:
        raise SlipwayError(
            f"its clock differs from this machine's by {skew:+.0f} s, more than {clock_skew:g} s",
            where=where,
            remedy="Synchronise both (timedatectl set-ntp true), or raise preflight/clock_skew",
        )
    others = tuple(each for each in reply.environments if each != installation.environment)
    if not reply.agent:
        return Status(host.name, life=reply.life, others=others)
    try:
        report: StatusAnswer = read_answer(Step.STATUS, reply.agent)
    except SlipwayError as error:
        raise SlipwayError(
            f"the status of its agent cannot be read: {error.what}",
            where=where,
            remedy="Use the version of Slipway that deployed there, or remove"
            f" ~/{installation.agent} there: `pulumi up` then installs its own",
        ) from error
    # Without the line that starts the watchdog, the agent is installed again.
    noted = reply.installed if report.starts_at_boot else ""
    return Status.of(host.name, noted or reply.life, report, others)


def _reply(where: str, text: str) -> _Reply:
    try:
        installed, life_line, clock, states, agent = text.split("\n", 4)
        environments = [state.split("/")[-2] for state in states.split()]
        found = tuple(
            each for each in environments if each != "*"
        )  # the pattern itself, where no file matches
        if not (LIFE.fullmatch(life_line) and LIFE.fullmatch(installed or life_line)):
            raise ValueError(text)
        return _Reply(installed, life_line, int(clock), found, agent.strip())
    except (ValueError, IndexError):
        raise SlipwayError(
            f"it answered {text[:80]!r} instead of its status",
            where=where,
            remedy="The deploy user's shell start-up files must print nothing",
        ) from None
