"""The rollout on one server as a pure state machine: a request and a state give a list of actions.

The agent executes the actions in order. Each is idempotent, and the state is recorded before the
actions that depend on it, so after a crash between any two of them the next request finds its way:
it repeats what was under way, or undoes it first. Nothing here touches the world.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Union

from slipway.errors import SlipwayError
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Former, Phase, Proxy, Retention, Revision, State
from slipway.rollout.two_phase_commit import Decision, Vote, decide
from slipway.strenum import StrEnum

MIGRATIONS_KEPT = 50


class Verb(StrEnum):
    """What can be done on a server, each so that it may be repeated."""

    RECORD = "record"  # the state is written down
    PROVIDE = "provide network and proxy"
    PULL = "pull"  # the release's images are on the server
    CREATE = "create"  # its containers exist
    START = "start"  # those behind the proxy run
    AWAIT_READY = "await readiness"  # they answer as their health check says
    SMOKE = "smoke"  # its smoke tests pass
    START_WORKERS = "start workers"  # those without a port that start before the old ones stop
    STOP_WORKERS = "stop workers"  # those without a port are stopped
    REPLACE_STOP_FIRST = "replace stop-first"  # those that start after the old ones are ready
    ROUTE = "route"  # the proxy follows `state.traffic`
    BAKE = "bake"  # they stay well for the bake time
    CHECK_STABILITY = "check stability"  # none has restarted or failed since it was ready
    MIGRATE = "migrate"  # its migration has run
    DRAIN = "drain"  # no request is left on them
    STOP = "stop"  # all its containers are stopped
    REMOVE = "remove"  # all its containers are gone
    REMOVE_UNKNOWN = "remove unknown"  # containers of unknown releases are gone
    PRUNE = "prune"  # images of no known release are gone
    REPAIR = "repair"  # broken containers are replaced in place


@dataclass(frozen=True)
class Action:
    """One thing to do. `state` is the state as it stands when the action runs.

    The rollout goes on when an `optional` action fails.
    """

    verb: Verb
    state: State
    release: str = ""
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.release}".strip()


Actions = tuple[Action, ...]
_Step = Union[Verb, tuple[Verb, str]]  # what to do, and to which release


def _script(state: State, *steps: _Step) -> Actions:
    """Actions of one state."""
    return tuple(
        Action(step[0], state, step[1]) if isinstance(step, tuple) else Action(step, state)
        for step in steps
    )


def stage(state: State, candidate: Revision, proxy: Proxy, retention: Retention) -> Actions:
    """Make `candidate` ready beside what serves; heal it in place when it is what serves.

    Raises SlipwayError where its rollout was given up, or another one waits for its end.
    """
    _refuse_ended(state, candidate.id, candidate.transaction)
    if state.phase == Phase.PREPARED:
        raise SlipwayError(
            "an earlier rollout is prepared here, and its outcome is unknown",
            remedy="Bring its other servers back, or decide: slipway resolve",
        )
    before, state = _settle(state, unless=candidate.id)
    new = candidate.id
    state = _adopted(state, candidate)
    began = state.proxy_before if state.candidate else state.proxy
    state = replace(state, proxy=proxy, retention=retention)
    if _has_traffic(state, new):
        return before + _heal(state, new)
    if state.previous and state.previous.id != new and state.warm_until:
        before += _script(
            replace(state, warm_until=0.0), Verb.RECORD, (Verb.STOP, state.previous.id)
        )
        state = replace(state, warm_until=0.0)
    epoch = state.epoch if state.candidate else state.epoch + 1
    staging = replace(
        state,
        phase=Phase.STAGING,
        epoch=epoch,
        candidate=candidate,
        weight=0,
        proxy_before=began if state.serving else None,
    )
    return (
        before
        + _script(
            staging,
            Verb.RECORD,
            Verb.PROVIDE,
            (Verb.PULL, new),
            (Verb.CREATE, new),
            (Verb.START, new),
            (Verb.AWAIT_READY, new),
        )
        + _script(replace(staging, phase=Phase.STAGED), Verb.ROUTE, Verb.RECORD)
    )


def _adopted(state: State, candidate: Revision) -> State:
    """An unfinished rollout of the same release goes on under the name of the new one."""
    if state.candidate is None:
        return state
    if state.candidate.transaction != candidate.transaction:
        state = state.ended(state.candidate.transaction, Vote.ABORTED)
    return replace(state, candidate=candidate)


def _heal(state: State, release: str) -> Actions:
    """What has the traffic is healed in place; such a rollout commits nothing to take back."""
    return _script(
        state,
        Verb.RECORD,
        Verb.PROVIDE,
        (Verb.PULL, release),
        (Verb.CREATE, release),
        (Verb.REPAIR, release),
        (Verb.START, release),
        (Verb.START_WORKERS, release),
        (Verb.REPLACE_STOP_FIRST, release),
        (Verb.AWAIT_READY, release),
        Verb.ROUTE,
    )


def migrate(state: State, release: str) -> Actions:
    """Run the candidate's migration, unless it has run on this server; then test what it made."""
    if release in state.migrated or _has_traffic(state, release):
        return ()
    _require(state, release, (Phase.STAGED,), "migrated")
    if state.revision(release).release.migration is None:
        return ()
    done = replace(state, migrated=(release, *state.migrated)[:MIGRATIONS_KEPT])
    return _script(state, (Verb.MIGRATE, release)) + _script(done, Verb.RECORD)


def smoke(state: State, release: str) -> Actions:
    """Try the candidate before it has any traffic."""
    if _has_traffic(state, release):
        return ()
    _require(state, release, (Phase.STAGED,), "tested")
    return _script(state, (Verb.SMOKE, release))


def switch(state: State, release: str, weight: int = 100) -> Actions:
    """Give the candidate `weight` per cent of the traffic and watch it for the bake time.

    What served stays warm. At 100 per cent those without a port take over too. A release that was
    warm has stood its trial already, and takes no part of the traffic but all of it.
    """
    if _has_traffic(state, release):
        return ()
    _require(state, release, (Phase.STAGED, Phase.SWITCHING, Phase.SWITCHED), "switched")
    candidate, whole = _held(state.candidate), weight == 100
    if not whole and (candidate.warm or (state.phase == Phase.SWITCHED and state.weight >= weight)):
        return ()
    moving = replace(state, phase=Phase.SWITCHING, weight=weight)
    steps: list[_Step] = [Verb.RECORD, Verb.ROUTE]
    if whole:
        steps = [Verb.RECORD, (Verb.START_WORKERS, release), Verb.ROUTE]
        steps += [(Verb.STOP_WORKERS, state.serving.id)] if state.serving else []
        steps += [(Verb.REPLACE_STOP_FIRST, release), (Verb.SMOKE, release)]
    switched = replace(moving, phase=Phase.SWITCHED)
    return _script(moving, *steps, (Verb.BAKE, release)) + _script(switched, Verb.RECORD)


def prepare(state: State, release: str, transaction: str) -> Actions:
    """Vote: the release has all the traffic here, and stays unless another server went back."""
    _refuse_ended(state, release, transaction)
    if _serves(state, release):
        done = state.vote(transaction) in (Vote.PREPARED, Vote.COMMITTED)
        return () if done else _script(state.ended(transaction, Vote.PREPARED), Verb.RECORD)
    if state.phase == Phase.PREPARED and _is_candidate(state, release):
        return ()
    _require(state, release, (Phase.SWITCHED,), "prepared")
    if state.weight != 100 or _held(state.candidate).transaction != transaction:
        raise SlipwayError(
            f"release {release} cannot be prepared: another rollout has taken it over",
            remedy="Run the rollout again",
        )
    stable = _script(state, (Verb.CHECK_STABILITY, release))
    return stable + _script(replace(state, phase=Phase.PREPARED), Verb.RECORD, Verb.ROUTE)


def commit(
    state: State, release: str, transaction: str, *, context: RolloutContext, now: float
) -> Actions:
    """Commit: the candidate serves, what served is the previous release.

    The caller knows that every server is prepared. `now` is in seconds since the epoch.
    """
    if _serves(state, release):
        serving = replace(_held(state.serving), context=context)
        kept = replace(state.ended(transaction, Vote.COMMITTED), serving=serving)
        return (_script(kept, Verb.RECORD) if kept != state else ()) + tidy(kept, now)
    _require(state, release, (Phase.PREPARED,), "committed")
    committed = _committed(state, now)
    # The proxy may have started anew since, with what was committed then.
    return _script(state, Verb.ROUTE) + _script(committed, Verb.RECORD) + tidy(committed, now)


def tidy(state: State, now: float) -> Actions:
    """What follows a commit: nothing of it is needed for the release to serve."""
    if state.phase != Phase.IDLE:
        return ()
    lean = replace(state, former=state.former[: state.retention.retain])
    steps: list[_Step] = [Verb.ROUTE]
    if state.previous and now >= state.warm_until:
        steps = [(Verb.DRAIN, state.previous.id), Verb.ROUTE, (Verb.STOP, state.previous.id)]
        lean = replace(lean, warm_until=0.0)
    actions = _script(state, *steps, Verb.REMOVE_UNKNOWN) + _script(
        lean, Verb.PRUNE, *([Verb.RECORD] if lean != state else [])
    )
    return tuple(replace(action, optional=True) for action in actions)


def abort(state: State, release: str, transaction: str, *, peer_aborted: bool = False) -> Actions:
    """Undo the rollout in any phase; where it has not begun, it never will.

    A prepared server goes back only with `peer_aborted`: another one of the rollout has.
    """
    vote = state.vote(transaction)
    if vote == Vote.PREPARED and not peer_aborted:
        return ()
    if state.phase == Phase.PREPARED and _held(state.candidate).transaction != transaction:
        return ()  # of an earlier rollout, which ends by its own rule
    if state.phase != Phase.IDLE and _is_candidate(state, release):
        return _settle(state.ended(transaction, Vote.ABORTED), peer_aborted=peer_aborted)[0]
    if vote in (Vote.ABORTED, Vote.COMMITTED):
        return ()
    declined = replace(state.ended(transaction, Vote.ABORTED), epoch=state.epoch + 1)
    return _script(declined, Verb.RECORD)


def expire(state: State, votes: Collection[Vote], now: float) -> Actions:
    """What the end of the lease brings; `votes` are those of the other servers of the rollout."""
    if state.phase == Phase.IDLE:
        return tidy(state, now)
    if state.phase != Phase.PREPARED:
        return _settle(state)[0]
    follows, candidate = decide([Vote.PREPARED, *votes]), _held(state.candidate)
    if follows == Decision.COMMIT:
        return commit(
            state, candidate.id, candidate.transaction, context=candidate.context, now=now
        )
    return _settle(state, peer_aborted=True)[0] if follows == Decision.ABORT else ()


def resolve(state: State, decision: Decision, now: float) -> Actions:
    """A person decides for a prepared server that cannot learn of the others.

    Raises SlipwayError where there is nothing to decide, and for a decision to wait.
    """
    if state.phase != Phase.PREPARED or decision is Decision.WAIT:
        raise SlipwayError(
            f"there is nothing to decide here: the server is {state.phase}",
            remedy="`slipway status` shows which servers wait",
        )
    known = Vote.COMMITTED if decision is Decision.COMMIT else Vote.ABORTED
    return expire(state, [known], now)


def recover(state: State) -> Actions:
    """What a failed step leaves to be done, so that the server is as it was before the rollout."""
    return () if state.phase == Phase.PREPARED else _settle(state)[0]


def _settle(state: State, unless: str = "", *, peer_aborted: bool = False) -> tuple[Actions, State]:
    """The actions that end an unfinished rollout, and the state after them.

    A candidate that is `unless` may stay where its phase is a sound one to go on from.
    """
    if state.phase == Phase.IDLE or (state.phase == Phase.PREPARED and not peer_aborted):
        return (), state
    if _is_candidate(state, unless) and (
        state.phase in (Phase.STAGING, Phase.STAGED)
        or (state.phase == Phase.SWITCHED and state.weight == 100)
    ):
        return (), state
    return _withdraw(replace(state, phase=Phase.ABORTING))


def _withdraw(state: State) -> tuple[Actions, State]:
    """Traffic to the serving release first, then the candidate's end.

    The traffic goes back on a full disk too. Nothing else is done before it is written down: until
    then the state may say that the rollout goes on.
    """
    if state.proxy_before:
        state = replace(state, proxy=state.proxy_before, proxy_before=None)
    candidate, serving = _held(state.candidate), state.serving
    ended = state.ended(candidate.transaction, Vote.ABORTED)
    settled = replace(ended, phase=Phase.IDLE, candidate=None, weight=0)
    kept = state.previous is not None and state.previous.id == candidate.id
    if kept:
        settled = replace(settled, warm_until=0.0)
    back: Actions = (Action(Verb.RECORD, state),)
    if serving:  # it is warm as a rule; where a part of it is gone, the rest is better than nothing
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
        Action(Verb.ROUTE, settled),
        Action(Verb.STOP if kept else Verb.REMOVE, state, candidate.id),
        Action(Verb.RECORD, settled),
        Action(Verb.PRUNE, settled, optional=True),
    )
    return actions, settled


def _committed(state: State, now: float) -> State:
    warm = state.retention.warm
    new, old, before = _held(state.candidate), state.serving, state.previous
    keep = {new.id, old.id if old else ""}
    retired = _former(before) if before and before.id not in keep else ()
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


def _former(revision: Revision) -> tuple[Former, ...]:
    release = revision.release
    return (Former(release.id, release.version, tuple(sorted(set(release.images.values())))),)


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
    """A message that comes late changes nothing."""
    vote = state.vote(transaction)
    if vote == Vote.ABORTED or (vote == Vote.COMMITTED and not _serves(state, release)):
        raise SlipwayError(
            f"this rollout has ended on this server ({vote})", remedy="Run `pulumi up` again"
        )


def _held(revision: Revision | None) -> Revision:
    if revision is None:
        raise SlipwayError("it contradicts itself", where="state.json", remedy="Report it")
    return revision


def _require(state: State, release: str, phases: tuple[Phase, ...], deed: str) -> None:
    if _is_candidate(state, release) and state.phase in phases:
        return
    found: Revision | None = state.candidate or state.serving
    held = (
        f"release {found.id} ({found.release.version}) is {state.phase}"
        if found
        else "nothing is installed"
    )
    raise SlipwayError(
        f"release {release} cannot be {deed}: {held}",
        remedy="Run the rollout again from its stage step",
    )
