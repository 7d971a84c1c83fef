"""The state of one application on one server, as the agent keeps it."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Optional

from slipway.errors import SlipwayError
from slipway.rollout.context import RolloutContext
from slipway.rollout.release import Release
from slipway.rollout.two_phase_commit import OUTCOMES_KEPT, Vote, transaction_id
from slipway.strenum import StrEnum

CERTIFICATE_DIGITS = 16  # hexadecimal
FIRST_HOST = (
    10  # the first fixed address; the lower ones are for gateways and manually started containers
)


class Phase(StrEnum):
    """Where the rollout on one server stands.

    Each is written before its actions run, so that after a crash the next step knows what was under
    way.
    """

    IDLE = "idle"
    PULLING = "pulling"  # the candidate's images are being pulled
    PULLED = "pulled"  # they are here; nothing of the candidate runs yet
    STARTING = "starting"  # the candidate's containers are being started; no traffic
    STARTED = "started"  # the candidate is ready beside the serving release
    SWITCHING = "switching"  # traffic is moving, or the bake time runs
    SWITCHED = "switched"  # the candidate has its share of the traffic and passed its bake time
    PREPARED = "prepared"  # like switched, but it no longer goes back by itself
    ABORTING = "aborting"  # the serving release has, or is getting, its traffic back


NOTHING_READY = (Phase.IDLE, Phase.PULLING, Phase.PULLED, Phase.STARTING)
"""Phases in which the proxy does not know a candidate yet."""


@dataclass(frozen=True)
class Revision:
    """A release as installed on one server."""

    release: Release
    colour: str  # which of the proxy's two sets of slots it uses: "a" or "b"
    addresses: Mapping[str, str]  # "web-1" -> IPv4 address of that replica
    context: RolloutContext = field(
        default_factory=RolloutContext
    )  # of the rollout that installed it
    warm: bool = False  # its containers ran already when its rollout began
    since: float = 0.0  # when it was committed, in seconds since the epoch

    @cached_property
    def id(self) -> str:
        return self.release.id

    @property
    def transaction(self) -> str:
        return transaction_id(self.context.rollout_id, self.id)

    def __str__(self) -> str:
        return f"{self.release.version} ({self.id})"


@dataclass(frozen=True)
class RetiredRelease:
    """A release that served before the previous one: what its images' retention needs."""

    id: str
    version: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class Proxy:
    """How traffic reaches the application on this server."""

    image: str = ""
    http_port: int = 80
    network: str = "172.31.240.0/24"  # of the application's containers
    drain: float = 30.0  # seconds for connections to end when their proxy or release is stopped
    https_port: Optional[int] = None
    certificate: str = ""  # digest of the chain with its key
    renew_before: int = 14  # days before the certificate expires at which warnings begin
    redirect: bool = True  # from HTTP to HTTPS, where there is a certificate
    hsts: int = 0  # seconds for which browsers must use HTTPS only (max-age); 0: no HSTS header
    rate_limit: int = 0  # requests per second of one client; 0: none
    body_limit: int = 0  # bytes of a request; 0: none
    max_connections: int = 8192  # at the same time; more wait

    @property
    def scheme(self) -> str:
        """What applications are told of users' requests: X-Forwarded-Proto."""
        return "https" if self.https_port else "http"


def certificate_digest(pem: str) -> str:
    """The digest of a certificate with its chain and key; empty for none."""
    return hashlib.sha256(pem.encode()).hexdigest()[:CERTIFICATE_DIGITS] if pem else ""


@dataclass(frozen=True)
class Retention:
    """What is kept of the releases that served before."""

    retain: int = 5  # former releases whose images stay beside those of the previous one
    warm: float = 0.0  # seconds that the previous release's containers run on after a commit


@dataclass(frozen=True)
class Outcome:
    """How a transaction ended on this server."""

    transaction: str
    vote: Vote


@dataclass(frozen=True)
class State:
    """One application on one server."""

    epoch: int = 0  # rollouts begun here
    phase: Phase = Phase.IDLE
    serving: Optional[Revision] = None
    previous: Optional[Revision] = None  # kept for a quick rollback, stopped when no longer warm
    candidate: Optional[Revision] = None
    weight: int = 0  # per cent of the traffic that the candidate has, or is getting
    warm_until: float = 0.0  # seconds since the epoch until which the previous release runs on
    outcomes: tuple[Outcome, ...] = ()  # oldest first
    former: tuple[RetiredRelease, ...] = ()  # newest first, without serving and previous
    ran: tuple[str, ...] = ()  # ids of commands that have run once, newest first
    proxy: Proxy = field(default_factory=Proxy)
    proxy_before: Optional[Proxy] = None  # the settings before the current rollout
    retention: Retention = field(default_factory=Retention)

    @property
    def known(self) -> tuple[Revision, ...]:
        """The revisions whose containers may exist, each once."""
        found = {r.id: r for r in (self.previous, self.serving, self.candidate) if r is not None}
        return tuple(found.values())

    @property
    def images(self) -> frozenset[str]:
        """The images of the proxy and of all releases that it may need again."""
        needed = {image for revision in self.known for image in revision.release.images.values()}
        needed |= {each.image for each in (self.proxy, self.proxy_before) if each and each.image}
        return frozenset(needed.union(*(former.images for former in self.former)))

    def revision(self, release_id: str) -> Revision:
        """Raises SlipwayError for a release that is not installed here."""
        for each in (self.candidate, self.serving, self.previous):
            if each is not None and each.id == release_id:
                return each
        raise SlipwayError(f"release {release_id} is not installed here", remedy="Run `pulumi up`")

    @property
    def traffic(self) -> dict[str, int]:
        """The weight of each release that the proxy knows, by id. Empty when nothing serves."""
        serving = {self.serving.id: 100} if self.serving else {}
        if self.candidate is None or self.phase in NOTHING_READY:
            return serving
        if self.phase in (Phase.SWITCHING, Phase.SWITCHED, Phase.PREPARED):
            weight = self.weight if serving else 100
            return {**dict.fromkeys(serving, 100 - weight), self.candidate.id: weight}
        return {**serving, self.candidate.id: 0}

    @property
    def traffic_after_restart(self) -> dict[str, int]:
        """Like `traffic`, for when the proxy restarts.

        A server that crashes during a switch or a bake time comes back with the committed release.
        """
        if self.phase in (Phase.SWITCHING, Phase.SWITCHED) and self.candidate is not None:
            return {**dict.fromkeys(self.traffic, 100), self.candidate.id: 0}
        return self.traffic

    @property
    def votes(self) -> dict[str, Vote]:
        """The votes of this server, by transaction."""
        ended = {each.transaction: each.vote for each in self.outcomes}
        if self.candidate is None:
            return ended
        open_votes = {Phase.PREPARED: Vote.PREPARED, Phase.ABORTING: Vote.ABORTED}
        return {**ended, self.candidate.transaction: open_votes.get(self.phase, Vote.TENTATIVE)}

    def vote(self, transaction: str) -> Vote:
        """The vote on one transaction."""
        return self.votes.get(transaction, Vote.UNKNOWN)

    def ended(self, transaction: str, vote: Vote) -> State:
        """The state with the outcome of a transaction; it keeps the last `OUTCOMES_KEPT`."""
        others = [each for each in self.outcomes if each.transaction != transaction]
        return replace(self, outcomes=(*others, Outcome(transaction, vote))[-OUTCOMES_KEPT:])


def fixed_addresses(network: str) -> Iterator[str]:
    """The addresses for services. Docker assigns those of the upper half to other containers."""
    hosts = ipaddress.ip_network(network)
    return (str(hosts[n]) for n in range(FIRST_HOST, hosts.num_addresses // 2))


def addresses(network: str) -> tuple[int, int]:
    """How many a network has for services, and how many for other containers."""
    half = ipaddress.ip_network(network).num_addresses // 2
    return max(0, half - FIRST_HOST), max(0, half - 1)  # the last one is for broadcasts


def install(
    state: State, release: Release, proxy: Proxy, *, context: RolloutContext, now: float = 0.0
) -> Revision:
    """The revision for `release` beside those that are installed: a free colour and free addresses.

    A release that is already installed keeps the addresses of its containers. `now` (seconds since
    the epoch) decides whether it is still warm.
    Raises SlipwayError when the network has no address left.
    """
    colour = "b" if state.serving and state.serving.colour == "a" else "a"
    for each in state.known:
        if each.id == release.id:
            warm = each is state.previous and now < state.warm_until
            return replace(each, colour=colour, context=context, warm=warm)
    taken = {address for revision in state.known for address in revision.addresses.values()}
    free = (each for each in fixed_addresses(proxy.network) if each not in taken)
    names = [f"{s.name}-{n}" for s in release.services for n in range(1, s.replicas + 1)]
    addresses = dict(zip(names, free))
    if len(addresses) < len(names):
        raise SlipwayError(
            f"network {proxy.network} has no address left for {len(names)} containers",
            where="proxy/network",
            remedy="Choose a larger network",
        )
    return Revision(release, colour, addresses, context)
