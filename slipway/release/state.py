"""What one server knows about one application: the value that the agent keeps, and nothing else."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from slipway.errors import SlipwayError
from slipway.release import accord
from slipway.release.basis import Basis
from slipway.release.release import Release
from slipway.values import asdict, dataclass, field, fields, replace

FORMAT = 3  # of the stored form; another one is refused, as ids of releases may differ
FIRST_HOST = 10  # fixed addresses start here: gateways and hand-made containers keep the low ones

# The phases of a rollout on one server. Each is recorded before its actions run, so that whoever
# comes next after a crash knows what was under way.
IDLE = "idle"
STAGING = "staging"  # the candidate's containers are being made; no traffic
STAGED = "staged"  # the candidate is ready beside the serving release
SWITCHING = "switching"  # traffic is moving, or the bake time runs
SWITCHED = "switched"  # the candidate has its share of the traffic and has passed its bake time
CONFIRMED = "confirmed"  # as switched; it no longer goes back by itself
ABORTING = "aborting"  # the serving release has, or is getting, its traffic back


@dataclass(frozen=True)
class Revision:
    """A release as installed on one server."""

    release: Release
    colour: str  # which of the proxy's two sets of slots it uses: "a" or "b"
    addresses: Mapping[str, str]  # "web-1" -> IPv4 address of that replica
    basis: Basis = field(default_factory=Basis)  # what the rollout that brought it was planned on
    owner: str = ""
    warm: bool = False  # its containers ran already when it was staged
    since: float = 0.0  # when it was committed, in seconds since the epoch

    @cached_property
    def id(self) -> str:
        return self.release.id

    @property
    def ballot(self) -> str:
        return ballot(self.basis.token, self.id)

    def to_dict(self) -> dict[str, Any]:
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        release, basis = self.release.to_dict(), self.basis.to_dict()
        return {**own, "release": release, "addresses": dict(self.addresses), "basis": basis}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Revision:
        release, basis = Release.from_dict(data["release"]), Basis.from_dict(data["basis"])
        return cls(**dict(data, release=release, basis=basis))


def brief(revision: Revision | None) -> dict[str, Any] | None:
    """A revision as people and plans need it."""
    if revision is None:
        return None
    return {
        "release": revision.id,
        "version": revision.release.version,
        "images": dict(revision.release.images),
        "since": revision.since,
    }


def ballot(token: str, release: str) -> str:
    """The name under which servers vote on one rollout of one release."""
    return f"{token}-{release}"


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
    drain: float = 30.0  # seconds that connections get to end where their proxy or release goes
    https_port: int | None = None
    certificate: str = ""  # digest of the chain with its key
    renew_before: int = 14  # days before the certificate's end from which on it is complained of
    redirect: bool = True  # from HTTP to HTTPS, where there is a certificate
    hsts: int = 0  # seconds for which browsers are told to use HTTPS only; 0: they are not
    rate_limit: int = 0  # requests per second of one client; 0: none
    body_limit: int = 0  # bytes of a request; 0: none
    max_connections: int = 8192  # at the same time; more wait


@dataclass(frozen=True)
class Keeping:
    """What stays of the releases that served before."""

    retain: int = 5  # former releases whose images stay beside those of the previous one
    warm: float = 0.0  # seconds that the previous release's containers run on after a commit


@dataclass(frozen=True)
class State:
    """One application on one server."""

    epoch: int = 0  # rollouts begun here
    phase: str = IDLE
    serving: Revision | None = None
    previous: Revision | None = None  # kept for a quick way back, stopped when no longer warm
    candidate: Revision | None = None
    weight: int = 0  # per cent of the traffic that the candidate has, or is getting
    warm_until: float = 0.0  # seconds since the epoch until which the previous release runs on
    outcomes: tuple[tuple[str, str], ...] = ()  # ballot and word, oldest first
    former: tuple[Former, ...] = ()  # newest first, without serving and previous
    migrated: tuple[str, ...] = ()  # ids of the releases whose migration ran here, newest first
    proxy: Proxy = field(default_factory=Proxy)
    proxy_before: Proxy | None = None  # what it was when the rollout under way began
    keeping: Keeping = field(default_factory=Keeping)

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
        if self.phase in (SWITCHING, SWITCHED, CONFIRMED):
            weight = self.weight if serving else 100
            return {**dict.fromkeys(serving, 100 - weight), self.candidate.id: weight}
        return {**serving, self.candidate.id: 0}

    @property
    def lasting(self) -> dict[str, int]:
        """Like `traffic`, as it shall be when the proxy starts anew.

        A server that fails while a release is on trial comes back with what was committed.
        """
        if self.phase in (SWITCHING, SWITCHED) and self.candidate is not None:
            return {**dict.fromkeys(self.traffic, 100), self.candidate.id: 0}
        return self.traffic

    @property
    def votes(self) -> dict[str, str]:
        """What this server answers to those who ask about a rollout, by ballot."""
        if self.candidate is None:
            return dict(self.outcomes)
        ends = {CONFIRMED: accord.CONFIRMED, ABORTING: accord.ABORTED}
        word = ends.get(self.phase, accord.TENTATIVE)
        return dict(self.outcomes) | {self.candidate.ballot: word}

    def vote(self, of: str) -> str:
        """The word on one ballot."""
        return self.votes.get(of, accord.UNKNOWN)

    def noted(self, of: str, word: str) -> State:
        """With the end of a rollout; the oldest of many is forgotten."""
        others = [(each, end) for each, end in self.outcomes if each != of]
        return replace(self, outcomes=tuple([*others, (of, word)][-accord.OUTCOMES_KEPT :]))

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
        rest = asdict(replace(self, serving=None, previous=None, candidate=None))
        return {"format": FORMAT, **rest, **revisions}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> State:
        """Raises SlipwayError for a state that a newer agent wrote."""
        values = dict(data)
        if values.pop("format") != FORMAT:
            raise SlipwayError(
                "the state was written by another version of the agent",
                remedy="Deploy with that version of Slipway",
            )
        for name in ("serving", "previous", "candidate"):
            values[name] = Revision.from_dict(values[name]) if values[name] else None
        values["former"] = tuple(
            Former(**dict(f, images=tuple(f["images"]))) for f in values["former"]
        )
        values["migrated"] = tuple(values["migrated"])
        values["outcomes"] = tuple((of, word) for of, word in values["outcomes"])
        values["proxy"] = Proxy(**values["proxy"])
        if values["proxy_before"]:
            values["proxy_before"] = Proxy(**values["proxy_before"])
        values["keeping"] = Keeping(**values["keeping"])
        return cls(**values)


def install(
    state: State, release: Release, proxy: Proxy, *, basis: Basis, owner: str, now: float = 0.0
) -> Revision:
    """The revision that `release` gets beside what is installed: a free colour and free addresses.

    A release that is installed already keeps its addresses, because its containers have them; one
    that is warm at the time `now` needs no trial by weights.
    Raises SlipwayError when the network has no address left.
    """
    colour = "b" if state.serving and state.serving.colour == "a" else "a"
    for each in state.known:
        if each.id == release.id:
            warm = each is state.previous and now < state.warm_until
            return replace(each, colour=colour, basis=basis, owner=owner, warm=warm)
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
