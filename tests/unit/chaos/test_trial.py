from __future__ import annotations

import pytest

from chaos.__main__ import choose
from chaos.fleet import ROLLOUT
from chaos.scenarios import ANY, EITHER, FAILS, NEW, OLD, SCENARIOS, SUCCEEDS, Scenario
from chaos.trial import Outcome, judge

CRASH = Scenario("crash", "rolling", OLD, FAILS)
GOOD = Scenario("good", "rolling", NEW, SUCCEEDS)
CUT = Scenario("cut", "rolling", EITHER, ANY)


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [
        (GOOD, Outcome("", end=NEW, code=0, changes=0)),
        (CRASH, Outcome("", end=OLD, code=1, changes=9, own_errors=3)),
        (CUT, Outcome("", end=OLD, code=-9, changes=9)),
        (CUT, Outcome("", end=NEW, code=0, changes=0)),
        (CUT, Outcome("", end=NEW, code=-9, changes=9)),
    ],
)
def test_what_must_come_of_a_scenario_is_no_fault(scenario: Scenario, outcome: Outcome) -> None:
    judge(scenario, outcome)
    assert outcome.faults == []


@pytest.mark.parametrize(
    ("scenario", "outcome", "fault"),
    [
        (GOOD, Outcome("", 5, ["503"], end=NEW, code=0, changes=0), "1 requests failed: 503"),
        (GOOD, Outcome("", end=NEW, code=1, changes=0), "exited with 1"),
        (GOOD, Outcome("", end=NEW, code=0, changes=2), "2 changes after a success"),
        (GOOD, Outcome("", end=OLD, code=0, changes=0), "the servers serve old"),
        (CRASH, Outcome("", end=OLD, code=0, changes=9), "exited with 0"),
        (CRASH, Outcome("", end=OLD, code=1, changes=0), "hides that the update failed"),
        (CRASH, Outcome("", end=NEW, code=1, changes=9), "the servers serve new"),
        (CUT, Outcome("", end="a: 1, b: 2", code=1, changes=9), "the servers serve a: 1, b: 2"),
    ],
)
def test_every_deviation_is_named(scenario: Scenario, outcome: Outcome, fault: str) -> None:
    judge(scenario, outcome)
    assert any(fault in each for each in outcome.faults)


def test_scenarios_have_titles_of_their_own() -> None:
    titles = [scenario.title for scenario in SCENARIOS]
    assert len(set(titles)) == len(titles)


def test_scenarios_are_chosen_by_words_of_the_title_strategy_and_speed() -> None:
    assert choose(["*"], "*", fast=False) == list(SCENARIOS)
    killed = choose(["killed in"], "rolling", fast=False)
    assert killed
    assert all("killed in" in each.name and each.strategy == "rolling" for each in killed)
    assert {each.strategy for each in choose(["success"], "*", fast=False)} == set(ROLLOUT)


def test_make_test_runs_a_canary() -> None:
    assert [each.title for each in choose(["*"], "*", fast=True)] == ["canary: success"]
