"""A rollout that failed comes to one end on all its servers, as far as they can be reached."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway import ending
from slipway.release.accord import ABORTED, COMMITTED, CONFIRMED, UNKNOWN
from slipway.remote import Answer, Host

HOSTS = [Host(name, f"10.0.0.{n}", f"ssh-ed25519 {name}") for n, name in enumerate("abc")]
OLD = {"release": "aaaaaaaaaaaa", "version": "v1", "images": {}}
NEW = {"release": "bbbbbbbbbbbb", "version": "v2", "images": {}}
CUT_OFF = Answer(255, "", "warning\nNo route to host\n")


def says(vote: str) -> Answer:
    return Answer(0, json.dumps({"vote": vote, "serving": NEW if vote == COMMITTED else OLD}), "")


class Fleet:
    """Servers that answer an abort as given, and do what follows."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.told: list[tuple[str, str]] = []

    def ask(
        self, hosts: Sequence[Host], command: str, *, stdin: Mapping[str, str], timeout: float
    ) -> dict[str, Answer]:
        step = command.rpartition(" ")[2]
        self.told += [(host.name, f"{step} {stdin[host.name]}".strip()) for host in hosts]
        if step == "finalize":
            return {host.name: says(COMMITTED) for host in hosts}
        evidence = "evidence" in stdin[hosts[0].name]
        return {host.name: says(ABORTED) if evidence else self.answers[host.name] for host in hosts}


def end(monkeypatch: pytest.MonkeyPatch, fleet: Fleet) -> str:
    monkeypatch.setattr(ending, "ask", fleet.ask)
    hosts = [host for host in HOSTS if host.name in fleet.answers]
    return ending.story(ending.end(hosts, lambda _, evidence: "evidence" if evidence else ""))


def test_all_servers_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(a=says(ABORTED), b=says(ABORTED))
    assert end(monkeypatch, fleet) == "a, b: rolled back to v1 (aaaaaaaaaaaa)"
    assert fleet.told == [("a", "abort"), ("b", "abort")]


def test_a_server_that_has_confirmed_goes_back_once_another_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(a=says(CONFIRMED), b=says(ABORTED), c=says(CONFIRMED))
    assert end(monkeypatch, fleet) == "a, b, c: rolled back to v1 (aaaaaaaaaaaa)"
    assert fleet.told[3:] == [("a", "abort evidence"), ("c", "abort evidence")]


def test_a_rollout_that_all_have_confirmed_is_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(a=says(CONFIRMED), b=says(COMMITTED))
    assert end(monkeypatch, fleet) == "a, b: committed v2 (bbbbbbbbbbbb)"
    assert fleet.told[2:] == [("a", "finalize")]


def test_a_server_that_has_confirmed_waits_for_one_that_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(a=says(CONFIRMED), b=CUT_OFF)
    told = end(monkeypatch, fleet)
    assert told == (
        "a: on the new release, until the others' word is known (or: slipway resolve);"
        " b: not reached (No route to host); it comes to the same end when its lease ends"
    )
    assert len(fleet.told) == 2


def test_one_that_went_back_is_evidence_whoever_else_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(a=says(CONFIRMED), b=CUT_OFF, c=says(ABORTED))
    assert end(monkeypatch, fleet) == (
        "a, c: rolled back to v1 (aaaaaaaaaaaa);"
        " b: not reached (No route to host); it comes to the same end when its lease ends"
    )
    assert fleet.told[3:] == [("a", "abort evidence")]


def test_one_that_has_committed_is_evidence_whoever_else_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(a=says(CONFIRMED), b=CUT_OFF, c=says(COMMITTED))
    assert end(monkeypatch, fleet).startswith("a, c: committed v2 (bbbbbbbbbbbb); b: not reached")
    assert fleet.told[3:] == [("a", "finalize")]


def test_all_servers_that_are_cut_off_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(a=CUT_OFF, b=CUT_OFF, c=Answer(255, "", ""))
    assert end(monkeypatch, fleet) == (
        "a, b: not reached (No route to host); it comes to the same end when its lease ends;"
        " c: not reached (no answer); it comes to the same end when its lease ends"
    )
    assert len(fleet.told) == 3


@given(
    st.dictionaries(
        st.sampled_from("abc"),
        st.sampled_from([UNKNOWN, CONFIRMED, COMMITTED, ABORTED]),
        min_size=1,
    )
)
def test_no_server_is_told_both_ends_and_none_that_has_come_to_its_end_is_told_again(
    votes: dict[str, str],
) -> None:
    fleet = Fleet(**{n: says(vote) if vote != UNKNOWN else CUT_OFF for n, vote in votes.items()})
    with pytest.MonkeyPatch.context() as patch:
        end(patch, fleet)
    again = fleet.told[len(votes) :]
    assert len({what for _, what in again}) <= 1
    assert {name for name, _ in again} <= {n for n, vote in votes.items() if vote == CONFIRMED}
    whole = set(votes.values())
    assert (("a", "finalize") in again) == (
        votes.get("a") == CONFIRMED and (COMMITTED in whole or whole == {CONFIRMED})
    )


def test_what_failed_is_told_by_the_servers_that_know_it() -> None:
    known = {"step": "switch", "fault": {"what": "web-1: exited (137)"}}
    ends = {
        "a": ending.End(ABORTED, incident=known),
        "b": ending.End(ABORTED, incident={"step": "stage", "fault": None}),
        "c": ending.End(UNKNOWN),
    }
    assert ending.causes(ends) == "a, switch: web-1: exited (137)"
    assert ending.causes({}) == ""


@pytest.mark.parametrize("text", ["Welcome!", "{}", "[]", "null", '{"vote": "aborted"}'])
def test_an_answer_that_is_none_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(a=Answer(0, text, ""))
    assert f"a: not reached (it answered {text!r})" in end(monkeypatch, fleet)


def test_a_server_without_a_release_serves_nothing_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer: dict[str, Any] = {"vote": ABORTED, "serving": None}
    fleet = Fleet(a=Answer(0, json.dumps(answer), ""))
    assert end(monkeypatch, fleet) == "a: serves nothing, as before"
