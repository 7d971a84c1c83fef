"""The rollout on one server as a pure state machine: a request and a state give a list of actions.

The agent executes the actions in order. Each is idempotent, and the state is recorded before the
actions that depend on it, so after a crash between any two of them the next request finds its way:
it repeats what was under way, or undoes it first. Nothing here touches the world.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from slipway.errors import SlipwayError
from slipway.release.state import (
    ABORTING,
    IDLE,
    REVERTING,
    STAGED,
    STAGING,
    SWITCHED,
    SWITCHING,
    Former,
    Proxy,
    Revision,
    State,
)

MIGRATIONS_KEPT = 50


@dataclass(frozen=True)
class Action:
    """One thing to do. `state` is the state as it stands when the action runs, `record` keeps it.

    The rollout goes on when an `optional` action fails.

    prepare  network and proxy are there          pull     images of `release` are on the server
    create   its containers exist                 start    those behind the proxy run
    ready    they answer as their health says     workers  those without a port run and are ready
    rest     those without a port are stopped     route    the proxy follows `state.traffic`
    bake     they stay well for the bake time     migrate  its migration has run
    drain    no request is left on them           stop     all its containers are stopped
    remove   all its containers are gone          sweep    containers of unknown releases are gone
    prune    images of no known release are gone  mend     broken containers are replaced in place
    record   `state` is written down
    """

    verb: str
    state: State
    release: str = ""
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.release}".strip()


Actions = tuple[Action, ...]


def _script(state: State, *steps: str) -> Actions:
    """Actions of one state from words like "start ab12"."""
    return tuple(
        Action(verb, state, release) for verb, _, release in (s.partition(" ") for s in steps)
    )


def stage(state: State, candidate: Revision, proxy: Proxy) -> Actions:
    """Make `candidate` ready beside what serves; heal it in place when it is what serves."""
    before, state = _settle(state, unless=candidate.id)
    new = candidate.id
    if _has_traffic(state, new):
        return before + _heal(state, candidate, proxy)
    epoch = state.epoch if state.candidate else state.epoch + 1
    staging = replace(
        state, phase=STAGING, epoch=epoch, candidate=candidate, committed="", proxy=proxy
    )
    return (
        before
        + _script(
            staging,
            "record",
            "prepare",
            f"pull {new}",
            f"create {new}",
            f"start {new}",
            f"ready {new}",
        )
        + _script(replace(staging, phase=STAGED), "route", "record")
    )


def _heal(state: State, revision: Revision, proxy: Proxy) -> Actions:
    """What has the traffic is healed in place; such a rollout commits nothing to take back."""
    serving = state.serving
    same_rollout = serving is not None and serving.basis == revision.basis
    kept = replace(state, proxy=proxy, committed=state.committed if same_rollout else "")
    heal = ("pull", "create", "mend", "start", "workers", "ready")
    steps = (f"{verb} {revision.id}" for verb in heal)
    return (_script(kept, "record") if kept != state else ()) + _script(
        kept, "prepare", *steps, "route"
    )


def migrate(state: State, release: str) -> Actions:
    """Run the candidate's migration, unless it has run on this server."""
    if release in state.migrated or _has_traffic(state, release):
        return ()
    _require(state, release, (STAGED,), "migrated")
    if state.revision(release).release.migration is None:
        return ()
    done = replace(state, migrated=(release, *state.migrated)[:MIGRATIONS_KEPT])
    return _script(state, f"migrate {release}") + _script(done, "record")


def switch(state: State, release: str) -> Actions:
    """Give the candidate the traffic and watch it for the bake time; what served stays warm."""
    if _has_traffic(state, release):
        return ()
    _require(state, release, (STAGED, SWITCHING), "switched")
    moving = replace(state, phase=SWITCHING)
    steps = ["record", f"workers {release}", "route"]
    if state.serving:
        steps.append(f"rest {state.serving.id}")
    return _script(moving, *steps, f"bake {release}") + _script(
        replace(state, phase=SWITCHED), "record"
    )


def finalize(state: State, release: str, *, basis: str, now: float, retain: int) -> Actions:
    """Commit: the candidate serves, what served is the previous release."""
    if _serves(state, release):
        serving = _held(state.serving)
        kept = replace(state, serving=replace(serving, basis=basis or serving.basis))
        return (_script(kept, "record") if kept != state else ()) + tidy(kept, retain)
    _require(state, release, (SWITCHED,), "finalized")
    committed = _commit(state, basis=basis, now=now)
    return _script(committed, "record") + tidy(committed, retain)


def tidy(state: State, retain: int) -> Actions:
    """What follows a commit: nothing of it is needed for the release to serve.

    The images of `retain` former releases stay beside those of the serving and the previous one.
    """
    if state.phase != IDLE:
        return ()
    before = state.previous.id if state.previous else ""
    steps = (f"drain {before}", "route", f"stop {before}") if before else ("route",)
    lean = replace(state, former=state.former[:retain])
    actions = _script(state, *steps, "sweep") + _script(
        lean, "prune", *(["record"] if lean != state else [])
    )
    return tuple(replace(action, optional=True) for action in actions)


def abort(state: State, release: str, basis: str = "") -> Actions:
    """Undo the rollout of `release` in any phase; nothing where it is not in question."""
    serving = state.serving
    if _is_candidate(state, release) or state.phase == REVERTING:
        return _settle(state)[0]
    same_rollout = serving is not None and (not basis or basis == serving.basis)
    if _serves(state, release) and state.committed == release and state.previous and same_rollout:
        return _settle(replace(state, phase=REVERTING))[0]
    return ()


def recover(state: State) -> Actions:
    """What a failed step leaves to be done, so that the server is as it was before the rollout."""
    if state.phase == REVERTING:  # the previous release does not start: what serves goes on serving
        idle = replace(state, phase=IDLE)
        return _script(idle, "record", "route", f"stop {_held(state.previous).id}")
    return _settle(state)[0]


def _settle(state: State, unless: str = "") -> tuple[Actions, State]:
    """The actions that end an unfinished rollout, and the state after them.

    A candidate that is `unless` may stay where its phase is a sound one to go on from.
    """
    if state.phase == IDLE:
        return (), state
    if state.phase in (STAGING, STAGED, SWITCHED) and _is_candidate(state, unless):
        return (), state
    if state.phase == REVERTING:
        return _revert(state)
    return _withdraw(replace(state, phase=ABORTING))


def _revert(state: State) -> tuple[Actions, State]:
    """Back from a committed release to the previous one, which has to be started first."""
    before, taken_back = _held(state.previous), _held(state.serving)
    back = replace(
        state, phase=ABORTING, serving=before, previous=None, candidate=taken_back, committed=""
    )
    actions = _script(state, "record", f"start {before.id}", f"ready {before.id}")
    rest, settled = _withdraw(back)
    return actions + _script(back, "route") + rest, settled


def _withdraw(state: State) -> tuple[Actions, State]:
    """Traffic to the serving release first, then the candidate's end."""
    candidate, serving = _held(state.candidate), state.serving
    settled = replace(state, phase=IDLE, candidate=None)
    warm = state.previous is not None and state.previous.id == candidate.id
    back: Actions = ()
    if serving:  # it is warm as a rule; where a part of it is gone, the rest is better than nothing
        start, workers = (
            Action("start", state, serving.id, True),
            Action("workers", state, serving.id, True),
        )
        back = (start, Action("route", state), workers)
    end = f"{'stop' if warm else 'remove'} {candidate.id}"
    actions = (
        Action("record", state),
        *back,
        Action("drain", state, candidate.id, optional=True),
        Action("route", settled),
        *_script(state, end),
        Action("record", settled),
        Action("prune", settled, optional=True),
    )
    return actions, settled


def _commit(state: State, *, basis: str, now: float) -> State:
    new, old, before = _held(state.candidate), state.serving, state.previous
    keep = {new.id, old.id if old else ""}
    retired = _former(before) if before and before.id not in keep else ()
    keep |= {each.id for each in retired}
    return replace(
        state,
        phase=IDLE,
        serving=replace(new, since=now, basis=basis or new.basis),
        previous=old,
        candidate=None,
        committed=new.id,
        former=retired + tuple(each for each in state.former if each.id not in keep),
    )


def _former(revision: Revision) -> tuple[Former, ...]:
    release = revision.release
    return (Former(release.id, release.version, tuple(sorted(set(release.images.values())))),)


def _is_candidate(state: State, release: str) -> bool:
    return state.candidate is not None and state.candidate.id == release


def _has_traffic(state: State, release: str) -> bool:
    """All of it, after the bake time."""
    switched = state.phase == SWITCHED and _is_candidate(state, release)
    return switched or _serves(state, release)


def _serves(state: State, release: str) -> bool:
    return state.phase == IDLE and state.serving is not None and state.serving.id == release


def _held(revision: Revision | None) -> Revision:
    if revision is None:
        raise SlipwayError("it contradicts itself", where="state.json", remedy="Report it")
    return revision


def _require(state: State, release: str, phases: tuple[str, ...], deed: str) -> None:
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
