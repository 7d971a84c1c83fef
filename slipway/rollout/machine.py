"""The rollout on one server as a pure state machine: a request and a state give a list of actions.

The agent executes the actions in order. Each is idempotent, and the state is written before the
actions that depend on it. So after a crash between any two of them the next request repeats what
was under way, or undoes it first. Nothing here has side effects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Union

from slipway.errors import SlipwayError
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase, Proxy, Retention, RetiredRelease, Revision, State
from slipway.rollout.tasks import Kind, Run, remembered
from slipway.rollout.two_phase_commit import Decision, Vote, decide
from slipway.strenum import StrEnum


class Verb(StrEnum):
    """What can be done on a server; each may be repeated."""

    RECORD = "record"  # the state is written
    PROVIDE = "provide network and proxy"
    PULL = "pull"  # the release's images are on the server
    CREATE = "create"  # its containers exist
    START = "start"  # those behind the proxy run
    AWAIT_READY = "await readiness"  # they answer as their health check says
    SMOKE = "smoke"  # its smoke tests pass
    START_WORKERS = "start workers"  # those without a port that start before the old ones stop
    STOP_WORKERS = "stop workers"  # those without a port are stopped
    REPLACE_STOP_FIRST = "replace stop-first"  # those that start after the old ones are ready
    ROUTE = "route"  # the proxy decision `state.traffic`
    BAKE = "bake"  # they stay healthy for the bake time
    CHECK_STABILITY = "check stability"  # none has restarted or failed since it was ready
    MIGRATE = "migrate"  # its migration has run
    SET_UP = "set up"  # the command that runs once, ever, has run
    DRAIN = "drain"  # no request is left on them
    STOP = "stop"  # all its containers are stopped
    REMOVE = "remove"  # all its containers are gone
    REMOVE_UNKNOWN = "remove unknown"  # containers of unknown releases are gone
    PRUNE = "prune"  # images of no known release are gone
    REPAIR = "repair"  # broken containers are replaced in place


@dataclass(frozen=True)
class Action:
    """One thing to do; `state` is the state at that time.

    The rollout continues when an `optional` action fails.
    """

    verb: Verb
    state: State
    release: str = ""
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.release}".strip()


BEFORE_TRAFFIC = (Phase.PULLED, Phase.STARTING, Phase.STARTED)
Actions = tuple[Action, ...]
_Step = Union[Verb, tuple[Verb, str]]  # what to do, and to which release


def _actions(state: State, *steps: _Step) -> Actions:
    """Actions of one state."""
    return tuple(
        Action(step[0], state, step[1]) if isinstance(step, tuple) else Action(step, state)
        for step in steps
    )


def pull(state: State, candidate: Revision, proxy: Proxy, retention: Retention) -> Actions:
    """Begin the rollout of `candidate`: its images are pulled, nothing of it is started.

    Raises SlipwayError where its rollout was aborted, or another one is prepared.
    """
    _refuse_ended(state, candidate.id, candidate.transaction)
    if state.phase == Phase.PREPARED:
        raise SlipwayError(
            "an earlier rollout is prepared on this server, and its outcome is not known yet",
            remedy="Make its other servers reachable again, or decide with `slipway resolve`",
        )
    before, state = _end_unfinished(state, unless=candidate.id)
    new = candidate.id
    state = _continued(state, candidate)
    proxy_before = state.proxy_before if state.candidate else state.proxy
    state = replace(state, proxy=proxy, retention=retention)
    if _has_traffic(state, new):
        return before + _actions(state, Verb.RECORD, (Verb.PULL, new))
    if state.previous and state.previous.id != new and state.warm_until:
        before += _actions(
            replace(state, warm_until=0.0), Verb.RECORD, (Verb.STOP, state.previous.id)
        )
        state = replace(state, warm_until=0.0)
    epoch = state.epoch if state.candidate else state.epoch + 1
    pulling = replace(
        state,
        phase=Phase.PULLING,
        epoch=epoch,
        candidate=candidate,
        weight=0,
        proxy_before=proxy_before if state.serving else None,
    )
    pulled = replace(pulling, phase=Phase.PULLED)
    return before + _actions(pulling, Verb.RECORD, (Verb.PULL, new)) + _actions(pulled, Verb.RECORD)


def _continued(state: State, candidate: Revision) -> State:
    """The new rollout continues an unfinished one of the same release, and replaces its context."""
    if state.candidate is None:
        return state
    if state.candidate.transaction != candidate.transaction:
        state = state.ended(state.candidate.transaction, Vote.ABORTED)
    return replace(state, candidate=candidate)


def migrate(state: State, release: str, runs: Iterable[Run], known: Collection[str]) -> Actions:
    """Run the release's commands that have not run on this database.

    `known` has the ids of those that the program knows to have run, on whichever server. A release
    that serves already runs them too: its database may have begun anew.
    """
    due = [run for run in runs if run.id not in known and run.id not in state.ran]
    if not _has_traffic(state, release):
        _require(state, release, (Phase.PULLED,) if due else BEFORE_TRAFFIC, "migrated")
    actions: Actions = ()
    for run in due:
        verb = {Kind.MIGRATION: Verb.MIGRATE, Kind.SETUP: Verb.SET_UP}[run.kind]
        actions += _actions(state, (verb, release))
        state = replace(state, ran=remembered(state.ran, [run.id]))
        actions += _actions(state, Verb.RECORD)
    return actions


def start(state: State, release: str, runs: Iterable[Run]) -> Actions:
    """Make the candidate ready beside the serving release; repair it when it is the serving one.

    `runs` have run, on whichever server.
    """
    state = replace(state, ran=remembered(state.ran, [run.id for run in runs]))
    if _has_traffic(state, release):
        return _repair(state, release)
    _require(state, release, BEFORE_TRAFFIC, "started")
    starting = replace(state, phase=Phase.STARTING)
    return _actions(
        starting,
        Verb.RECORD,
        Verb.PROVIDE,
        (Verb.CREATE, release),
        (Verb.START, release),
        (Verb.AWAIT_READY, release),
    ) + _actions(replace(starting, phase=Phase.STARTED), Verb.ROUTE, Verb.RECORD)


def _repair(state: State, release: str) -> Actions:
    """Repair the release that has the traffic, in place; there is nothing to roll back to."""
    return _actions(
        state,
        Verb.RECORD,
        Verb.PROVIDE,
        (Verb.CREATE, release),
        (Verb.REPAIR, release),
        (Verb.START, release),
        (Verb.START_WORKERS, release),
        (Verb.REPLACE_STOP_FIRST, release),
        (Verb.AWAIT_READY, release),
        Verb.ROUTE,
    )


def smoke(state: State, release: str) -> Actions:
    """Send the smoke tests to the candidate before it has any traffic."""
    if _has_traffic(state, release):
        return ()
    _require(state, release, (Phase.STARTED,), "tested")
    return _actions(state, (Verb.SMOKE, release))


def switch(state: State, release: str, weight: int = 100) -> Actions:
    """Give the candidate `weight` per cent of the traffic and watch it for the bake time.

    The release that served stays warm. At 100 per cent the containers without a port are replaced
    too. A warm release gets all traffic at once: it has served before.
    """
    if _has_traffic(state, release):
        return ()
    _require(state, release, (Phase.STARTED, Phase.SWITCHING, Phase.SWITCHED), "switched")
    candidate, whole = _existing(state.candidate), weight == 100
    if not whole and (candidate.warm or (state.phase == Phase.SWITCHED and state.weight >= weight)):
        return ()
    moving = replace(state, phase=Phase.SWITCHING, weight=weight)
    steps: list[_Step] = [Verb.RECORD, Verb.ROUTE]
    if whole:
        steps = [Verb.RECORD, (Verb.START_WORKERS, release), Verb.ROUTE]
        steps += [(Verb.STOP_WORKERS, state.serving.id)] if state.serving else []
        steps += [(Verb.REPLACE_STOP_FIRST, release), (Verb.SMOKE, release)]
    switched = replace(moving, phase=Phase.SWITCHED)
    return _actions(moving, *steps, (Verb.BAKE, release)) + _actions(switched, Verb.RECORD)


def prepare(state: State, release: str, transaction: str) -> Actions:
    """Vote: the release has all traffic here, and stays unless another server has aborted."""
    _refuse_ended(state, release, transaction)
    if _serves(state, release):
        done = state.vote(transaction) in (Vote.PREPARED, Vote.COMMITTED)
        return () if done else _actions(state.ended(transaction, Vote.PREPARED), Verb.RECORD)
    if state.phase == Phase.PREPARED and _is_candidate(state, release):
        return ()
    _require(state, release, (Phase.SWITCHED,), "prepared")
    _require_transaction(state, transaction, "prepared", whole=state.weight == 100)
    stable = _actions(state, (Verb.CHECK_STABILITY, release))
    return stable + _actions(replace(state, phase=Phase.PREPARED), Verb.RECORD, Verb.ROUTE)


def commit(
    state: State, release: str, transaction: str, *, context: RolloutContext, now: float
) -> Actions:
    """Commit: the candidate becomes the serving release, the serving one the previous release.

    The caller knows that every server is prepared. `now` is in seconds since the epoch.
    """
    if _serves(state, release):
        serving = replace(_existing(state.serving), context=context)
        kept = replace(state.ended(transaction, Vote.COMMITTED), serving=serving)
        return (_actions(kept, Verb.RECORD) if kept != state else ()) + tidy(kept, now)
    _require(state, release, (Phase.PREPARED,), "committed")
    _require_transaction(state, transaction, "committed")
    committed = _committed(state, now)
    # The proxy may have restarted since, with the weights of what was committed then.
    return _actions(state, Verb.ROUTE) + _actions(committed, Verb.RECORD) + tidy(committed, now)


def tidy(state: State, now: float) -> Actions:
    """Clean up after a commit; the release serves without it."""
    if state.phase != Phase.IDLE:
        return ()
    cleaned = replace(state, former=state.former[: state.retention.retain])
    steps: list[_Step] = [Verb.ROUTE]
    if state.previous and now >= state.warm_until:
        steps = [(Verb.DRAIN, state.previous.id), Verb.ROUTE, (Verb.STOP, state.previous.id)]
        cleaned = replace(cleaned, warm_until=0.0)
    actions = _actions(state, *steps, Verb.REMOVE_UNKNOWN) + _actions(
        cleaned, Verb.PRUNE, *([Verb.RECORD] if cleaned != state else [])
    )
    return tuple(replace(action, optional=True) for action in actions)


def abort(state: State, release: str, transaction: str, *, peer_aborted: bool = False) -> Actions:
    """Undo the rollout in any phase; where it has not begun, refuse it from now on.

    A prepared server goes back only with `peer_aborted`: another server of the rollout has aborted.
    """
    vote = state.vote(transaction)
    if vote == Vote.PREPARED and not peer_aborted:
        return ()
    if state.phase == Phase.PREPARED and _existing(state.candidate).transaction != transaction:
        return ()  # an earlier rollout, which the votes of its own servers decide
    if state.phase != Phase.IDLE and _is_candidate(state, release):
        return _end_unfinished(state.ended(transaction, Vote.ABORTED), peer_aborted=peer_aborted)[0]
    if vote in (Vote.ABORTED, Vote.COMMITTED):
        return ()
    declined = replace(state.ended(transaction, Vote.ABORTED), epoch=state.epoch + 1)
    return _actions(declined, Verb.RECORD)


def expire(state: State, votes: Collection[Vote], now: float) -> Actions:
    """What to do when the lease has expired; `votes` are the other servers' of the rollout."""
    if state.phase == Phase.IDLE:
        return tidy(state, now)
    if state.phase != Phase.PREPARED:
        return _end_unfinished(state)[0]
    decision, candidate = decide([Vote.PREPARED, *votes]), _existing(state.candidate)
    if decision == Decision.COMMIT:
        return commit(
            state, candidate.id, candidate.transaction, context=candidate.context, now=now
        )
    return _end_unfinished(state, peer_aborted=True)[0] if decision == Decision.ABORT else ()


def resolve(state: State, decision: Decision, now: float) -> Actions:
    """A person decides for a prepared server that cannot get the others' votes.

    Raises SlipwayError where there is nothing to decide, and for a decision to wait.
    """
    if state.phase != Phase.PREPARED or decision is Decision.WAIT:
        raise SlipwayError(
            f"there is nothing to decide here: the server is {state.phase}",
            remedy="`slipway status` shows which servers are prepared",
        )
    known = Vote.COMMITTED if decision is Decision.COMMIT else Vote.ABORTED
    return expire(state, [known], now)


def recover(state: State) -> Actions:
    """After a failed step: what makes the server as it was before the rollout."""
    return () if state.phase == Phase.PREPARED else _end_unfinished(state)[0]


def _end_unfinished(
    state: State, unless: str = "", *, peer_aborted: bool = False
) -> tuple[Actions, State]:
    """The actions that end an unfinished rollout, and the state after them.

    The candidate `unless` stays where a rollout can continue from its phase.
    """
    if state.phase == Phase.IDLE or (state.phase == Phase.PREPARED and not peer_aborted):
        return (), state
    if _is_candidate(state, unless) and (
        state.phase in (Phase.PULLING, *BEFORE_TRAFFIC)
        or (state.phase == Phase.SWITCHED and state.weight == 100)
    ):
        return (), state
    return _roll_back(replace(state, phase=Phase.ABORTING))


def _roll_back(state: State) -> tuple[Actions, State]:
    """Return the traffic to the serving release, then remove the candidate.

    The traffic goes back even when the disk is full. Everything else waits until the state is
    written: until then the state may say that the rollout continues.
    """
    if state.proxy_before:
        state = replace(state, proxy=state.proxy_before, proxy_before=None)
    candidate, serving = _existing(state.candidate), state.serving
    ended = state.ended(candidate.transaction, Vote.ABORTED)
    idle = replace(ended, phase=Phase.IDLE, candidate=None, weight=0)
    kept = state.previous is not None and state.previous.id == candidate.id
    if kept:
        idle = replace(idle, warm_until=0.0)
    back: Actions = (Action(Verb.RECORD, state),)
    if serving:  # normally still running; with some containers gone, the others still serve
        back = (
            Action(Verb.RECORD, state, optional=True),
            Action(Verb.START, state, serving.id, optional=True),
            Action(Verb.ROUTE, state),
            Action(Verb.RECORD, state),
            Action(Verb.START_WORKERS, state, serving.id, optional=True),
            Action(Verb.STOP_WORKERS, state, candidate.id, optional=True),
            Action(Verb.REPLACE_STOP_FIRST, state, serving.id, optional=True),
        )
    actions = (
        *back,
        Action(Verb.DRAIN, state, candidate.id, optional=True),
        Action(Verb.ROUTE, idle),
        Action(Verb.STOP if kept else Verb.REMOVE, state, candidate.id),
        Action(Verb.RECORD, idle),
        Action(Verb.PRUNE, idle, optional=True),
    )
    return actions, idle


def _committed(state: State, now: float) -> State:
    warm = state.retention.warm
    new, old, before = _existing(state.candidate), state.serving, state.previous
    keep = {new.id, old.id if old else ""}
    retired = _retired(before) if before and before.id not in keep else ()
    keep |= {each.id for each in retired}
    return replace(
        state.ended(new.transaction, Vote.COMMITTED),
        phase=Phase.IDLE,
        serving=replace(new, since=now, warm=False),
        previous=old,
        candidate=None,
        weight=0,
        proxy_before=None,
        warm_until=now + warm if warm and old else 0.0,
        former=retired + tuple(each for each in state.former if each.id not in keep),
    )


def _retired(revision: Revision) -> tuple[RetiredRelease, ...]:
    release = revision.release
    return (RetiredRelease(release.id, release.version, tuple(sorted({*release.images.values()}))),)


def _is_candidate(state: State, release: str) -> bool:
    return state.candidate is not None and state.candidate.id == release


def _has_traffic(state: State, release: str) -> bool:
    """All of it, after the bake time."""
    switched = state.phase == Phase.PREPARED or (
        state.phase == Phase.SWITCHED and state.weight == 100
    )
    return (switched and _is_candidate(state, release)) or _serves(state, release)


def _serves(state: State, release: str) -> bool:
    return state.phase == Phase.IDLE and state.serving is not None and state.serving.id == release


def _refuse_ended(state: State, release: str, transaction: str) -> None:
    """A late request of a rollout that has ended changes nothing."""
    vote = state.vote(transaction)
    if vote == Vote.ABORTED or (vote == Vote.COMMITTED and not _serves(state, release)):
        raise SlipwayError(
            f"this rollout has already ended on this server ({vote})",
            remedy="Run `pulumi up` again",
        )


def _existing(revision: Revision | None) -> Revision:
    if revision is None:
        raise SlipwayError(
            "its phase does not match its revisions", where="state.json", remedy="Report this bug"
        )
    return revision


def _require(state: State, release: str, phases: tuple[Phase, ...], verb: str) -> None:
    if _is_candidate(state, release) and state.phase in phases:
        return
    found: Revision | None = state.candidate or state.serving
    status = (
        f"release {found.id} ({found.release.version}) is {state.phase}"
        if found
        else "nothing is installed"
    )
    raise SlipwayError(
        f"release {release} cannot be {verb}: {status}",
        remedy="Run `pulumi up` again, which begins with the pull step",
    )


def _require_transaction(state: State, transaction: str, verb: str, *, whole: bool = True) -> None:
    """The rollout under way is this one; `whole` says that it has all the traffic."""
    candidate = _existing(state.candidate)
    if not whole or candidate.transaction != transaction:
        raise SlipwayError(
            f"release {candidate.id} cannot be {verb}: another rollout has replaced this one",
            remedy="Run the rollout again",
        )
