"""HAProxy's configuration as a pure function of the revisions that it knows and their weights.

Every service has one backend with two sets of slots, `a` and `b`: a release uses one set, its
successor the other. A slot takes its health from the same slot of a backend that only checks
(`track`), so that each release has its own health check. Moving traffic changes only addresses and
weights, which the Runtime API can do. Everything else is the `shape`; a new shape needs a reload.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slipway.agent.haproxy.frontend import FOLDER, head, preview_head
from slipway.errors import SlipwayError
from slipway.rollout.release import Service
from slipway.rollout.state import Proxy, Revision

COLOURS = ("a", "b")
UNUSED = "0.0.0.0"  # noqa: S104 - the address of an empty slot, not one to bind to
CONFIGURATION = f"{FOLDER}/haproxy.cfg"
MAX_WEIGHT = 256  # HAProxy's largest weight; the full range splits traffic most precisely


@dataclass(frozen=True)
class Slot:
    """One `server` line of a backend: the address of a replica, and its share of the traffic."""

    service: str
    colour: str
    number: int
    address: str = UNUSED
    port: int = 1
    weight: int = 0

    @property
    def empty(self) -> bool:
        return self.address == UNUSED

    @property
    def traffic(self) -> str:
        """Its name in the backend that serves."""
        return f"{self.service}/{self.colour}{self.number}"

    @property
    def check(self) -> str:
        """Its name in the backend that checks."""
        return f"{self.service}:{self.colour}/{self.number}"


@dataclass(frozen=True)
class Configuration:
    """The proxy's configuration: the file's text, the hash of its shape, and the slots."""

    text: str
    shape: str
    slots: tuple[Slot, ...]


def configure(
    proxy: Proxy,
    revisions: tuple[Revision, ...],
    weights: Mapping[str, int],
    after_restart: Mapping[str, int],
    *,
    identity: tuple[int, int] | None,
) -> Configuration:
    """The configuration in which each revision with a weight gets its share of the traffic.

    The slots have `weights`; the text, which HAProxy reads when it restarts, has `after_restart`.
    `identity` is the user and group of HAProxy's worker; None keeps root.
    """
    known = tuple(sorted((r for r in revisions if r.id in weights), key=lambda r: -weights[r.id]))
    slots, kept = _slots(known, weights), _slots(known, after_restart)
    shape = hashlib.sha256(
        outline(_render(proxy, known, kept, "-", identity)).encode()
    ).hexdigest()[:12]
    return Configuration(_render(proxy, known, kept, shape, identity), shape, slots)


def outline(text: str) -> str:
    """A configuration without what the Runtime API can change."""
    return re.sub(r"(?m)^(    server \S+) .*$", r"\1", text)


def _slots(known: tuple[Revision, ...], weights: Mapping[str, int]) -> tuple[Slot, ...]:
    public = [(r, s) for r in known for s in r.release.services if s.port is not None]
    counts: dict[str, int] = {}
    heaviest: dict[str, float] = {}  # share of one replica
    for revision, service in public:
        share = weights.get(revision.id, 0) / service.replicas
        counts[service.name] = max(counts.get(service.name, 0), service.replicas)
        heaviest[service.name] = max(heaviest.get(service.name, 0.0), share)
    filled: dict[tuple[str, str, int], Slot] = {}
    for revision, service in public:
        share = weights.get(revision.id, 0) / service.replicas
        weight = max(1, round(MAX_WEIGHT * share / heaviest[service.name])) if share else 0
        for n in range(1, service.replicas + 1):
            filled[service.name, revision.colour, n] = Slot(
                service.name,
                revision.colour,
                n,
                revision.addresses[f"{service.name}-{n}"],
                service.port or 0,
                weight,
            )
    keys = [
        (name, c, n) for name in sorted(counts) for c in COLOURS for n in range(1, counts[name] + 1)
    ]
    return tuple(filled.get(key) or Slot(*key) for key in keys)


def _render(
    proxy: Proxy,
    known: tuple[Revision, ...],
    slots: tuple[Slot, ...],
    shape: str,
    identity: tuple[int, int] | None,
) -> str:
    lines = head(proxy, shape, identity) + (_routes(known[0].release.services) if known else [])
    for colour in COLOURS if known else ():
        lines += ["", *preview_head(proxy, colour)]
        services = [s for s in _of_colour(known, colour).release.services if s.port is not None]
        lines += _routes(tuple(services), f":{colour}")
    for name in sorted({slot.service for slot in slots}):
        own = [slot for slot in slots if slot.service == name]
        lines += ["", f"backend {name}", "    balance roundrobin", *map(_traffic_line, own)]
        for colour in COLOURS:
            service = _checked(known, name, colour)
            checked = [_check_line(slot) for slot in own if slot.colour == colour]
            lines += ["", f"backend {name}:{colour}", *_check_rule(service, proxy), *checked]
    return "\n".join(lines) + "\n"


def _of_colour(known: tuple[Revision, ...], colour: str) -> Revision:
    """The revision of that colour; the other one where no revision has it."""
    return min(known, key=lambda revision: revision.colour != colour)


def _routes(services: tuple[Service, ...], colour: str = "") -> list[str]:
    """Domains to their services; everything else to the first service without domains."""
    public = [service for service in services if service.port is not None]
    lines = [
        f"    use_backend {s.name}{colour} if {{ req.hdr(host),field(1,:),lower -m str {hosts} }}"
        for s in public
        if (hosts := " ".join(map(quoted, s.domains)))
    ]
    rest = [service.name for service in public if not service.domains]
    return lines + [f"    default_backend {name}{colour}" for name in rest[:1]]


def _checked(known: tuple[Revision, ...], name: str, colour: str) -> Service:
    """The service in the revision of that colour; in the other one where none has it."""
    ordered = sorted(known, key=lambda revision: revision.colour != colour)
    services = (each for revision in ordered for each in revision.release.services)
    return next(each for each in services if each.name == name)


def _check_rule(service: Service, proxy: Proxy) -> list[str]:
    """The service's health check; it looks like a user's request."""
    health = service.health
    lines = [f"    timeout check {max(1, round(health.timeout * 1000))}ms"]
    if health.kind != "http":
        return lines
    request = f"http-check send meth GET uri {quoted(health.path)} ver HTTP/1.1"
    like = f"hdr Host {quoted(service.checked_host)} hdr X-Forwarded-Proto {proxy.scheme}"
    return [
        *lines,
        "    option httpchk",
        f"    {request} {like} hdr Connection close",
        f"    http-check expect status {health.status}",
    ]


def _traffic_line(slot: Slot) -> str:
    name = f"{slot.colour}{slot.number}"
    return f"    server {name} {slot.address}:{slot.port} weight {slot.weight} track {slot.check}"


def _check_line(slot: Slot) -> str:
    state = " disabled" if slot.empty else ""
    return f"    server {slot.number} {slot.address}:{slot.port} check{state}"


def quoted(text: str) -> str:
    """A quoted word of HAProxy's configuration. Raises SlipwayError for control characters."""
    if not text.isprintable():
        raise SlipwayError(
            f"{text!r} is not possible in the proxy's configuration",
            remedy="Remove control characters",
        )
    return "'" + text.replace("'", "'\"'\"'") + "'"


def first_error(lines: Sequence[str]) -> str:
    """The first error in HAProxy's output for a configuration."""
    return (_alerts(lines) or ["it reported no reason"])[0].strip()[:500]


def rejected(lines: Sequence[str]) -> bool:
    """Whether HAProxy stopped because of its configuration, not because of a later error."""
    return any(" : config : " in line for line in _alerts(lines))


def last_errors(lines: Sequence[str]) -> str:
    """The last errors in HAProxy's log, or its last lines where it has no errors."""
    return " / ".join(line.strip() for line in _alerts(lines)[-3:])[-500:]


def _alerts(lines: Sequence[str]) -> list[str]:
    """The lines of fatal errors, or all lines where there is none."""
    return [line for line in lines if line.startswith("[ALERT]")] or [*lines]


def commands(
    wanted: tuple[Slot, ...], found: Mapping[str, Slot], enabled: Mapping[str, bool]
) -> list[str]:
    """Commands of the Runtime API that change the slots from `found` to `wanted`.

    `found` and `enabled` are by the slots' names in the backends that serve and check. Slots that
    gain traffic come before those that lose it, so that there is always a server.
    """
    fill: list[str] = []
    for slot in wanted:
        have = found[slot.traffic]
        if slot.empty and enabled[slot.check]:
            fill.append(f"set server {slot.check} state maint")
        if (have.address, have.port) != (slot.address, slot.port):
            place = f"addr {slot.address} port {slot.port}"
            fill += [f"set server {slot.check} {place}", f"set server {slot.traffic} {place}"]
        if not slot.empty and not enabled[slot.check]:
            fill.append(f"set server {slot.check} state ready")
    moved = [slot for slot in wanted if found[slot.traffic].weight != slot.weight]
    moved.sort(key=lambda slot: -slot.weight)
    return fill + [f"set server {slot.traffic} weight {slot.weight}" for slot in moved]
