"""Lock and unlock a server by a person; rollouts lock it by themselves."""

from __future__ import annotations

from typing import Optional, Union

from slipway.agent.engine.client import Engine
from slipway.agent.report import Report
from slipway.agent.state import lock
from slipway.agent.state.lock import Holder, Lock
from slipway.agent.state.store import Store
from slipway.protocol.answers import LockAnswer, LockReport
from slipway.protocol.requests import LockRequest, UnlockRequest


def run(
    request: Union[LockRequest, UnlockRequest], _engine: Engine, store: Store, _report: Report
) -> LockAnswer:
    """`unlock` removes any lock. Raises SlipwayError for `lock` while another owner has it."""
    store.prepare()
    with lock.exclusive(store.folder):
        before = lock.load(store)
        after = _after(request, before)
        lock.keep(store, after)
    return LockAnswer(report(before.holder), report(after.holder))


def _after(request: Union[LockRequest, UnlockRequest], before: Lock) -> Lock:
    if isinstance(request, UnlockRequest):
        return before.release()
    return before.claim(request.owner, request.reason, lease=request.seconds, now=lock.moment())


def report(holder: Optional[Holder]) -> Optional[LockReport]:
    """The lock for an answer."""
    if holder is None:
        return None
    until = holder.ends.wall if holder.ends else None
    return LockReport(holder.owner, holder.reason, holder.since, until)
