"""What every server of an environment runs, asked at once and read-only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from slipway.errors import SlipwayError
from slipway.release.status import Accessory, Running, Status
from slipway.remote import Answer, Host, ask, unreachable

if TYPE_CHECKING:
    from slipway.settings import Settings

FOLDER = ".slipway"  # in the home of the deploy user
AGENT = f"{FOLDER}/agent.pyz"
INSTALLED = f"{FOLDER}/installed"

# One line that a preview leaves as it is, and that differs when the server is another one than
# before or lost its agent: what lies in the folder, and which start of which machine this is. The
# files alone would not do: machines made from one image have the same inodes and times. (Field 22
# of /proc/1/stat is when the first process began, and tells one container from the next.)
LIFE = (
    f"{{ stat -c %i.%Z . {FOLDER} {FOLDER}/*; cat /proc/sys/kernel/random/boot_id;"
    " sed 's/.*) //' /proc/1/stat | cut -d' ' -f20; } 2>/dev/null | sha256sum | cut -c1-12"
)

# Works on a server that has no agent yet. `installed` is the life that the installation noted, see
# components/server.py.
QUERY = (
    """printf '{"installed": "%s", "life": "%s", "clock": %s, "status": ' """
    f""""$(cat {INSTALLED} 2>/dev/null)" "$({LIFE})" "$(date +%s)"; """
    f"python3 {AGENT} status 2>/dev/null || printf null; printf '}}'"
)


def hosts(settings: Settings) -> dict[str, Host]:
    """The servers of the settings by name, in their order."""
    return {
        name: Host(name, server.host, server.host_key, server.user, server.port)
        for name, server in settings.servers.items()
    }


def statuses(application: str, hosts: Mapping[str, Host], clock_skew: float) -> dict[str, Status]:
    """Every server's status by name.

    `clock_skew` is the largest difference in seconds between a server's clock and this machine's.
    Raises SlipwayError naming every server that cannot be reached, answers nonsense, or has a
    wrong clock.
    """
    found, faults = survey(application, hosts, clock_skew)
    if faults:
        raise SlipwayError("\n".join(str(fault) for fault in faults.values()))
    return found


@contextmanager
def asked(
    application: str, hosts: Mapping[str, Host], clock_skew: float
) -> Iterator[Future[dict[str, Status]]]:
    """`statuses` in the making, so that others can be asked meanwhile; ends when it has."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(statuses, application, hosts, clock_skew)


def survey(
    application: str, hosts: Mapping[str, Host], clock_skew: float
) -> tuple[dict[str, Status], dict[str, SlipwayError]]:
    """By name, the status of each server that tells it, and why each other one does not."""
    question = json.dumps({"application": application})
    answers = ask(list(hosts.values()), QUERY, stdin=dict.fromkeys(hosts, question))
    found: dict[str, Status] = {}
    faults: dict[str, SlipwayError] = {}
    for host in hosts.values():
        try:
            found[host.name] = _status(host, answers[host.name], clock_skew)
        except SlipwayError as error:
            faults[host.name] = error
    return found, faults


def _status(host: Host, answer: Answer, clock_skew: float) -> Status:
    where = f"servers/{host.name}"
    if not answer.ok:
        raise unreachable(host, answer)
    try:
        data = json.loads(answer.stdout)
        skew, status = data["clock"] - answer.arrived, parse(host.name, data)
    except (ValueError, KeyError, TypeError):
        raise SlipwayError(
            f"it answered {answer.stdout[:80]!r} instead of its status",
            where=where,
            remedy="The deploy user's shell start-up files must print nothing",
        ) from None
    if abs(skew) > clock_skew:
        raise SlipwayError(
            f"its clock is {skew:+.0f} s off this machine's, more than {clock_skew:g} s",
            where=where,
            remedy="Synchronise both (timedatectl set-ntp true), or raise preflight/clock_skew",
        )
    return status


def parse(server: str, data: dict[str, Any]) -> Status:
    """The status in what the query printed; raises KeyError for what no agent prints."""
    status = data["status"]
    if status is None:
        return Status(server, life=data["life"])
    return Status(
        server,
        life=data["installed"] or data["life"],
        agent=status["agent"],
        epoch=status["epoch"],
        phase=status["phase"],
        serving=running(status["serving"]),
        previous=running(status["previous"]),
        warm=status.get("warm", False),
        basis=status["basis"] if isinstance(status["basis"], dict) else None,  # an older agent's
        problems=tuple(status["problems"]),
        accessories={
            name: Accessory(**each) for name, each in status.get("accessories", {}).items()
        },
        warnings=tuple(status.get("warnings", ())),
    )


def releases(found: Mapping[str, Status]) -> list[Running]:
    """What the servers serve, and could go back to."""
    return [each for status in found.values() for each in (status.serving, status.previous) if each]


def agent_command(action: str) -> str:
    """The shell command for one of the agent's actions."""
    return f"python3 {AGENT} {action}"


def proxies(settings: Settings) -> dict[str, str]:
    """Where the other servers reach each one's proxy, "host:port" by name."""
    port = settings.proxy.http_port
    return {
        name: f"{_bracketed(str(server.private_address or server.host))}:{port}"
        for name, server in settings.servers.items()
    }


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def running(data: dict[str, Any] | None) -> Running | None:
    """The release in an agent's answer, if any; raises KeyError for what no agent answers."""
    return Running.from_dict(data) if data else None
