"""The quick part of `make chaos`: no request fails, and all servers come to one end."""

from __future__ import annotations

import pytest

from chaos.fleet import Fleet
from chaos.scenarios import EITHER, SCENARIOS, SUCCEEDS, Scenario
from chaos.trial import run

FAST = [scenario for scenario in SCENARIOS if scenario.fast]


@pytest.mark.parametrize("scenario", FAST, ids=lambda scenario: scenario.title)
def test_a_rollout_under_load_comes_to_the_end_that_it_must(
    fleet: Fleet, scenario: Scenario
) -> None:
    outcome = run(scenario, fleet)
    if not outcome.healed:
        fleet.prepare()  # the next scenario begins on servers without this past
    assert outcome.requests > 100, "without a load nothing is shown"
    assert outcome.failed == []
    assert scenario.end in (outcome.end, EITHER)
    assert (outcome.code == 0) == (scenario.update == SUCCEEDS), outcome.output
    assert outcome.faults == [], outcome.output
    assert outcome.healed, "the next update left something amiss"
