"""The rollout on one server as a pure state machine: a request and a state give a list of actions.

The agent executes the actions in order. Each is idempotent, and the state is recorded before the
actions that depend on it, so after a crash between any two of them the next request finds its way:
it repeats what was under way, or undoes it first. Nothing here touches the world.
"""

from __future__ import annotations

from collections.abc import Collection

from slipway.errors import SlipwayError
from slipway.release import accord
from slipway.release.basis import Basis
from slipway.release.state import (
    ABORTING,
    CONFIRMED,
    IDLE,
    STAGED,
    STAGING,
    SWITCHED,
    SWITCHING,
    Former,
    Keeping,
    Proxy,
    Revision,
    State,
)
from slipway.values import dataclass, replace

MIGRATIONS_KEPT = 50


@dataclass(frozen=True)
class Action:
    """One thing to do. `state` is the state as it stands when the action runs, `record` keeps it.

    The rollout goes on when an `optional` action fails.

    prepare  network and proxy are there          pull     images of `release` are on the server
    create   its containers exist                 start    those behind the proxy run
    ready    they answer as their health says     smoke    its smoke tests pass
    workers  those without a port that start      rest     those without a port are stopped
             before the old ones stop are ready
    relieve  those that start after are ready     route    the proxy follows `state.traffic`
    bake     they stay well for the bake time     steady   none has fallen over since it was ready
    migrate  its migration has run
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


def stage(state: State, candidate: Revision, proxy: Proxy, keeping: Keeping) -> Actions:
    """Make `candidate` ready beside what serves; heal it in place when it is what serves.

    Raises SlipwayError where its rollout was given up, or another one waits for its end.
    """
    _refuse_ended(state, candidate.id, candidate.ballot)
    if state.phase == CONFIRMED:
        raise SlipwayError(
            "an earlier rollout has been confirmed here, and whether it came to its end is unknown",
            remedy="Bring its other servers back, or decide: slipway resolve",
        )
    before, state = _settle(state, unless=candidate.id)
    new = candidate.id
    state = _adopted(state, candidate)
    began = state.proxy_before if state.candidate else state.proxy
    state = replace(state, proxy=proxy, keeping=keeping)
    if _has_traffic(state, new):
        return before + _heal(state, new)
    if state.previous and state.previous.id != new and state.warm_until:
        before += _script(replace(state, warm_until=0.0), "record", f"stop {state.previous.id}")
        state = replace(state, warm_until=0.0)
    epoch = state.epoch if state.candidate else state.epoch + 1
    staging = replace(
        state,
        phase=STAGING,
        epoch=epoch,
        candidate=candidate,
        weight=0,
        proxy_before=began if state.serving else None,
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


def _adopted(state: State, candidate: Revision) -> State:
    """An unfinished rollout of the same release goes on under the name of the new one."""
    if state.candidate is None:
        return state
    if state.candidate.ballot != candidate.ballot:
        state = state.noted(state.candidate.ballot, accord.ABORTED)
    return replace(state, candidate=candidate)


def _heal(state: State, release: str) -> Actions:
    """What has the traffic is healed in place; such a rollout commits nothing to take back."""
    heal = ("pull", "create", "mend", "start", "workers", "relieve", "ready")
    steps = (f"{verb} {release}" for verb in heal)
    return _script(state, "record", "prepare", *steps, "route")


def migrate(state: State, release: str) -> Actions:
    """Run the candidate's migration, unless it has run on this server; then test what it made."""
    if release in state.migrated or _has_traffic(state, release):
        return ()
    _require(state, release, (STAGED,), "migrated")
    if state.revision(release).release.migration is None:
        return ()
    done = replace(state, migrated=(release, *state.migrated)[:MIGRATIONS_KEPT])
    return _script(state, f"migrate {release}") + _script(done, "record")


def smoke(state: State, release: str) -> Actions:
    """Try the candidate before it has any traffic."""
    if _has_traffic(state, release):
        return ()
    _require(state, release, (STAGED,), "tested")
    return _script(state, f"smoke {release}")


def switch(state: State, release: str, weight: int = 100) -> Actions:
    """Give the candidate `weight` per cent of the traffic and watch it for the bake time.

    What served stays warm. At 100 per cent those without a port take over too. A release that was
    warm has stood its trial already, and takes no part of the traffic but all of it.
    """
    if _has_traffic(state, release):
        return ()
    _require(state, release, (STAGED, SWITCHING, SWITCHED), "switched")
    candidate, whole = _held(state.candidate), weight == 100
    if not whole and (candidate.warm or (state.phase == SWITCHED and state.weight >= weight)):
        return ()
    moving = replace(state, phase=SWITCHING, weight=weight)
    steps = ["record", "route"]
    if whole:
        rest = [f"rest {state.serving.id}"] if state.serving else []
        steps = ["record", f"workers {release}", "route", *rest, f"relieve {release}"]
        steps += [f"smoke {release}"]
    return _script(moving, *steps, f"bake {release}") + _script(
        replace(moving, phase=SWITCHED), "record"
    )


def confirm(state: State, release: str, ballot: str) -> Actions:
    """Vote: the release has all the traffic here, and stays unless another server went back."""
    _refuse_ended(state, release, ballot)
    if _serves(state, release):
        done = state.vote(ballot) in (accord.CONFIRMED, accord.COMMITTED)
        return () if done else _script(state.noted(ballot, accord.CONFIRMED), "record")
    if state.phase == CONFIRMED and _is_candidate(state, release):
        return ()
    _require(state, release, (SWITCHED,), "confirmed")
    if state.weight != 100 or _held(state.candidate).ballot != ballot:
        raise SlipwayError(
            f"release {release} cannot be confirmed: another rollout has taken it over",
            remedy="Run the rollout again",
        )
    steady = _script(state, f"steady {release}")
    return steady + _script(replace(state, phase=CONFIRMED), "record", "route")


def finalize(state: State, release: str, ballot: str, *, basis: Basis, now: float) -> Actions:
    """Commit: the candidate serves, what served is the previous release.

    The caller knows that every server has confirmed. `now` is in seconds since the epoch.
    """
    if _serves(state, release):
        serving = replace(_held(state.serving), basis=basis)
        kept = replace(state.noted(ballot, accord.COMMITTED), serving=serving)
        return (_script(kept, "record") if kept != state else ()) + tidy(kept, now)
    _require(state, release, (CONFIRMED,), "finalized")
    committed = _commit(state, now)
    # The proxy may have started anew since, with what was committed then.
    return _script(state, "route") + _script(committed, "record") + tidy(committed, now)


def tidy(state: State, now: float) -> Actions:
    """What follows a commit: nothing of it is needed for the release to serve."""
    if state.phase != IDLE:
        return ()
    lean = replace(state, former=state.former[: state.keeping.retain])
    steps = ["route"]
    if state.previous and now >= state.warm_until:
        steps = [f"drain {state.previous.id}", "route", f"stop {state.previous.id}"]
        lean = replace(lean, warm_until=0.0)
    actions = _script(state, *steps, "sweep") + _script(
        lean, "prune", *(["record"] if lean != state else [])
    )
    return tuple(replace(action, optional=True) for action in actions)


def abort(state: State, release: str, ballot: str, *, evidence: bool = False) -> Actions:
    """Undo the rollout in any phase; where it has not begun, it never will.

    A server that has confirmed goes back only with `evidence`: another one of the rollout has.
    """
    word = state.vote(ballot)
    if word == accord.CONFIRMED and not evidence:
        return ()
    if state.phase == CONFIRMED and _held(state.candidate).ballot != ballot:
        return ()  # of an earlier rollout, which ends by its own rule
    if state.phase != IDLE and _is_candidate(state, release):
        return _settle(state.noted(ballot, accord.ABORTED), evidence=evidence)[0]
    if word in (accord.ABORTED, accord.COMMITTED):
        return ()
    declined = replace(state.noted(ballot, accord.ABORTED), epoch=state.epoch + 1)
    return _script(declined, "record")


def expire(state: State, words: Collection[str], now: float) -> Actions:
    """What the end of the lease brings; `words` are those of the other servers of the rollout."""
    if state.phase == IDLE:
        return tidy(state, now)
    if state.phase != CONFIRMED:
        return _settle(state)[0]
    follows, candidate = accord.conclusion([accord.CONFIRMED, *words]), _held(state.candidate)
    if follows == accord.COMMIT:
        return finalize(state, candidate.id, candidate.ballot, basis=candidate.basis, now=now)
    return _settle(state, evidence=True)[0] if follows == accord.GO_BACK else ()


def resolve(state: State, end: str, now: float) -> Actions:
    """A person decides for a server that has confirmed and cannot learn of the others.

    `end` is accord.COMMIT or accord.GO_BACK. Raises SlipwayError where there is nothing to decide.
    """
    if state.phase != CONFIRMED or end not in (accord.COMMIT, accord.GO_BACK):
        raise SlipwayError(
            f"there is nothing to decide here: the server is {state.phase}",
            remedy="`slipway status` shows which servers wait",
        )
    words = [accord.COMMITTED if end == accord.COMMIT else accord.ABORTED]
    return expire(state, words, now)


def recover(state: State) -> Actions:
    """What a failed step leaves to be done, so that the server is as it was before the rollout."""
    return () if state.phase == CONFIRMED else _settle(state)[0]


def _settle(state: State, unless: str = "", *, evidence: bool = False) -> tuple[Actions, State]:
    """The actions that end an unfinished rollout, and the state after them.

    A candidate that is `unless` may stay where its phase is a sound one to go on from.
    """
    if state.phase == IDLE or (state.phase == CONFIRMED and not evidence):
        return (), state
    if _is_candidate(state, unless) and (
        state.phase in (STAGING, STAGED) or (state.phase == SWITCHED and state.weight == 100)
    ):
        return (), state
    return _withdraw(replace(state, phase=ABORTING))


def _withdraw(state: State) -> tuple[Actions, State]:
    """Traffic to the serving release first, then the candidate's end.

    The traffic goes back on a full disk too. Nothing else is done before it is written down: until
    then the state may say that the rollout goes on.
    """
    if state.proxy_before:
        state = replace(state, proxy=state.proxy_before, proxy_before=None)
    candidate, serving = _held(state.candidate), state.serving
    ended = state.noted(candidate.ballot, accord.ABORTED)
    settled = replace(ended, phase=IDLE, candidate=None, weight=0)
    kept = state.previous is not None and state.previous.id == candidate.id
    if kept:
        settled = replace(settled, warm_until=0.0)
    back: Actions = (Action("record", state),)
    if serving:  # it is warm as a rule; where a part of it is gone, the rest is better than nothing
        start, workers, relieve = (
            Action(verb, state, serving.id, True) for verb in ("start", "workers", "relieve")
        )
        rest = Action("rest", state, candidate.id, True)
        tried, written = Action("record", state, optional=True), Action("record", state)
        back = (tried, start, Action("route", state), written, workers, rest, relieve)
    end = f"{'stop' if kept else 'remove'} {candidate.id}"
    actions = (
        *back,
        Action("drain", state, candidate.id, optional=True),
        Action("route", settled),
        *_script(state, end),
        Action("record", settled),
        Action("prune", settled, optional=True),
    )
    return actions, settled


def _commit(state: State, now: float) -> State:
    warm = state.keeping.warm
    new, old, before = _held(state.candidate), state.serving, state.previous
    keep = {new.id, old.id if old else ""}
    retired = _former(before) if before and before.id not in keep else ()
    keep |= {each.id for each in retired}
    return replace(
        state.noted(new.ballot, accord.COMMITTED),
        phase=IDLE,
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
    switched = state.phase == CONFIRMED or (state.phase == SWITCHED and state.weight == 100)
    return (switched and _is_candidate(state, release)) or _serves(state, release)


def _serves(state: State, release: str) -> bool:
    return state.phase == IDLE and state.serving is not None and state.serving.id == release


def _refuse_ended(state: State, release: str, ballot: str) -> None:
    """A message that comes late changes nothing."""
    word = state.vote(ballot)
    if word == accord.ABORTED or (word == accord.COMMITTED and not _serves(state, release)):
        raise SlipwayError(
            f"this rollout has ended on this server ({word})", remedy="Run `pulumi up` again"
        )


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
