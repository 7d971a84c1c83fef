"""What one server knows about one application: the value that the agent keeps, and nothing else."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from slipway.errors import SlipwayError
from slipway.release.release import Release

FORMAT = 1  # of the stored form
FIRST_HOST = 10  # fixed addresses start here: gateways and hand-made containers keep the low ones

# The phases of a rollout on one server. Each is recorded before its actions run, so that whoever
# comes next after a crash knows what was under way.
IDLE = "idle"
STAGING = "staging"  # the candidate's containers are being made; no traffic
STAGED = "staged"  # the candidate is ready beside the serving release
SWITCHING = "switching"  # traffic is moving, or the bake time runs
SWITCHED = "switched"  # the candidate has the traffic and has passed its bake time
REVERTING = (
    "reverting"  # a committed release is being taken back: the previous one is being started
)
ABORTING = "aborting"  # the serving release has, or is getting, its traffic back


@dataclass(frozen=True)
class Revision:
    """A release as installed on one server."""

    release: Release
    colour: str  # which of the proxy's two sets of slots it uses: "a" or "b"
    addresses: Mapping[str, str]  # "web-1" -> IPv4 address of that replica
    basis: str = ""  # what the rollout that brought it was based on; opaque here
    owner: str = ""
    since: float = 0.0  # when it was committed, in seconds since the epoch

    @cached_property
    def id(self) -> str:
        return self.release.id

    def to_dict(self) -> dict[str, Any]:
        return dict(asdict(self), release=self.release.to_dict())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Revision:
        return cls(**dict(data, release=Release.from_dict(data["release"])))


@dataclass(frozen=True)
class Former:
    """A release that served once: enough to keep its images, and to drop them later."""

    id: str
    version: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class Proxy:
    """How traffic reaches the application on this server."""

    image: str = ""
    http_port: int = 80
    network: str = "172.31.240.0/24"  # of the application's containers


@dataclass(frozen=True)
class State:
    """One application on one server."""

    epoch: int = 0  # rollouts begun here
    phase: str = IDLE
    serving: Revision | None = None
    previous: Revision | None = None  # stopped, kept for a quick way back
    candidate: Revision | None = None
    committed: str = (
        ""  # id of the release whose rollout was the last to commit, while it can be taken back
    )
    former: tuple[Former, ...] = ()  # newest first, without serving and previous
    migrated: tuple[str, ...] = ()  # ids of the releases whose migration ran here, newest first
    proxy: Proxy = field(default_factory=Proxy)

    @property
    def known(self) -> tuple[Revision, ...]:
        """The revisions whose containers may exist, each once."""
        found = {r.id: r for r in (self.previous, self.serving, self.candidate) if r is not None}
        return tuple(found.values())

    @property
    def images(self) -> frozenset[str]:
        """All that the releases it knows of may need again."""
        installed = {image for revision in self.known for image in revision.release.images.values()}
        return frozenset(installed.union(*(former.images for former in self.former)))

    def revision(self, release_id: str) -> Revision:
        """Raises SlipwayError for a release that is not installed here."""
        for each in (self.candidate, self.serving, self.previous):
            if each is not None and each.id == release_id:
                return each
        raise SlipwayError(f"release {release_id} is not installed here", remedy="Stage it first")

    @property
    def traffic(self) -> dict[str, int]:
        """The weight of each release that the proxy knows, by id. Empty when nothing serves."""
        serving = {self.serving.id: 100} if self.serving else {}
        if self.candidate is None or self.phase in (IDLE, STAGING):
            return serving
        if self.phase in (SWITCHING, SWITCHED):
            return {**dict.fromkeys(serving, 0), self.candidate.id: 100}
        return {**serving, self.candidate.id: 0}

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form that `from_dict` reads back to an equal state."""
        revisions = {
            name: revision.to_dict() if revision else None
            for name, revision in (
                ("serving", self.serving),
                ("previous", self.previous),
                ("candidate", self.candidate),
            )
        }
        return {"format": FORMAT, **asdict(self), **revisions}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> State:
        """Raises SlipwayError for a state that a newer agent wrote."""
        values = dict(data)
        if values.pop("format") != FORMAT:
            raise SlipwayError(
                "the state was written by a newer agent",
                remedy="Deploy with the newer version of Slipway",
            )
        for name in ("serving", "previous", "candidate"):
            values[name] = Revision.from_dict(values[name]) if values[name] else None
        values["former"] = tuple(
            Former(**dict(f, images=tuple(f["images"]))) for f in values["former"]
        )
        values["migrated"] = tuple(values["migrated"])
        values["proxy"] = Proxy(**values["proxy"])
        return cls(**values)


def install(state: State, release: Release, proxy: Proxy, *, basis: str, owner: str) -> Revision:
    """The revision that `release` gets beside what is installed: a free colour and free addresses.

    A release that is installed already keeps its addresses, because its containers have them.
    Raises SlipwayError when the network has no address left.
    """
    colour = "b" if state.serving and state.serving.colour == "a" else "a"
    for each in state.known:
        if each.id == release.id:
            return replace(each, colour=colour, basis=basis, owner=owner)
    taken = {address for revision in state.known for address in revision.addresses.values()}
    hosts = ipaddress.ip_network(proxy.network)
    fixed = range(FIRST_HOST, hosts.num_addresses // 2)  # the upper half is the engine's to give
    free = (str(hosts[n]) for n in fixed if str(hosts[n]) not in taken)
    names = [f"{s.name}-{n}" for s in release.services for n in range(1, s.replicas + 1)]
    addresses = dict(zip(names, free))
    if len(addresses) < len(names):
        raise SlipwayError(
            f"network {proxy.network} has no address left for {len(names)} containers",
            where="proxy/network",
            remedy="Choose a larger network",
        )
    return Revision(release, colour, addresses, basis, owner)
