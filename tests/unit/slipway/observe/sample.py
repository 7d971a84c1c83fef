"""What a server prints when it is asked, as several tests need it."""

from __future__ import annotations

from typing import Final

from slipway.protocol.answers import AccessoryReport, Running, StatusAnswer
from slipway.protocol.messages import write_answer
from slipway.rollout.context import RolloutContext
from slipway.rollout.state import Phase
from slipway.ssh import Answer

NOW: Final = 1_790_000_000.0
LIFE: Final = "0" * 12  # as it is found
NOTED: Final = "1" * 12  # as it was when the agent was installed
SERVING: Final = Running("aaaaaaaaaaaa", "v1", {"web": "shop@sha256:1"}, since=NOW)
REPORT: Final = StatusAnswer(
    agent="0123456789ab", epoch=2, phase=Phase.SWITCHED, serving=SERVING, previous=None,
    candidate=None, warm=True, context=RolloutContext("nothing", "r0llout", {}),
    ran=("da7a/setup",), problems=("web-1: exited (137)",), warnings=("a certificate ends",),
    accessories={"redis": AccessoryReport("new", 1, "", "")}, containers=(), lock=None,
    starts_at_boot=True,
)  # fmt: skip


def reply(
    report: StatusAnswer | None = REPORT,
    *,
    noted: str = NOTED,
    life: str = LIFE,
    clock: float = NOW,
    states: str = ".slipway/shop/staging/state.json",
    agent: str | None = None,
) -> Answer:
    """What the query prints; `agent` is instead of the agent's report."""
    printed = agent if agent is not None else write_answer(report) if report else ""
    return Answer(
        0, f"{noted}\n{life}\n{clock:.0f}\n{states}\n{printed}\n", "", sent=NOW, arrived=NOW
    )


NOTHING: Final = reply(None, noted="", states=".slipway/shop/*/state.json")
"""Of a server where nothing was installed yet."""
