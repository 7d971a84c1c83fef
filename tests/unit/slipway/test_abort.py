"""A rollout that failed comes to one end on all its servers, as far as they can be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway import abort, agents
from slipway.abort import AbortOutcome
from slipway.deployment.deployment import decide
from slipway.deployment.requests import RolloutRequests
from slipway.protocol.answers import AbortAnswer, Fault, IncidentReport, RolloutAnswer, Running
from slipway.protocol.messages import read_request, write_answer
from slipway.protocol.requests import AbortRequest, CommitRequest
from slipway.rollout.release import Release
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Vote
from slipway.ssh import Answer, Host
from tests.unit.slipway.deployment.sample import observed
from tests.unit.slipway.settings import sample

HOSTS = [Host(name, f"10.0.0.{n}", f"ssh-ed25519 {name}") for n, name in enumerate("abc")]
OLD = Running("aaaaaaaaaaaa", "v1", {}, since=1.7e9)
NEW = Running("bbbbbbbbbbbb", "v2", {}, since=1.8e9)
CUT_OFF = Answer(255, "", "warning\nNo route to host\n")
CUT_OFF_TOLD = (
    "not reached (it cannot be reached: No route to host);"
    " it reaches the same outcome when its lease expires"
)
PHASES = {Vote.PREPARED: Phase.PREPARED}


def result(vote: Vote, step: Step = Step.ABORT, serving: Running | None = OLD) -> RolloutAnswer:
    return RolloutAnswer(
        step, "a", NEW.release, PHASES.get(vote, Phase.IDLE), vote, changed=True,
        serving=NEW if vote is Vote.COMMITTED else serving, switch_seconds=0.1, seconds=0.5,
        warnings=(), note="",
    )  # fmt: skip


def aborted(vote: Vote, incident: IncidentReport | None = None) -> Answer:
    """What a server answers to an abort."""
    return Answer(0, write_answer(AbortAnswer(result(vote), incident, ())), "")


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> tuple[RolloutRequests, Release]:
    """Of servers that are called as the hosts are."""
    servers = ", ".join(
        f"{host.name}: {{host: {host.address}, host_key: {sample.KEY}, private_address: {address}}}"
        for host, address in zip(HOSTS, ("10.1.0.1", "10.1.0.2", "10.1.0.3"), strict=True)
    )
    folder = sample.project(tmp_path_factory.mktemp("abort"))
    settings = sample.settings(folder, f"servers: {{one: null, {servers}}}")
    deployment = decide(settings, "staging", observed(settings)).rollout
    assert deployment.release is not None
    return deployment.requests, deployment.release


class Fleet:
    """Servers that answer an abort as given, and do what follows."""

    def __init__(self, release: Release, **answers: Answer) -> None:
        self.release = release
        self.answers = answers
        self.told: list[tuple[str, str]] = []

    def ask(
        self, hosts: Sequence[Host], command: str, *, stdin: Mapping[str, str], timeout: float
    ) -> dict[str, Answer]:
        assert timeout == 120
        return {host.name: self._answer(host.name, command, stdin[host.name]) for host in hosts}

    def _answer(self, server: str, command: str, text: str) -> Answer:
        agent, _, word = command.rpartition(" ")
        assert agent == "python3 .slipway/shop/staging/agent"
        request = read_request(Step(word), text)
        assert request.target.server == server
        assert request.rollout.release == self.release.id
        match request:
            case AbortRequest(peer_aborted=True):
                self.told.append((server, "abort: a peer has aborted"))
                return aborted(Vote.ABORTED)
            case AbortRequest():
                self.told.append((server, "abort"))
                return self.answers[server]
            case CommitRequest():
                self.told.append((server, "commit"))
                return Answer(0, write_answer(result(Vote.COMMITTED, Step.COMMIT)), "")
        raise AssertionError(f"unexpected: {request}")


Rollout = tuple[RolloutRequests, Release]


def end(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout, **answers: Answer
) -> tuple[str, list[tuple[str, str]], dict[str, AbortOutcome]]:
    """What is told of the servers, what they were told, and how each ended."""
    requests, release = rollout
    fleet = Fleet(release, **answers)
    monkeypatch.setattr(agents, "ask", fleet.ask)
    hosts = [host for host in HOSTS if host.name in answers]
    ends = abort.abort(hosts, requests, release)
    return abort.summary(ends), fleet.told, ends


def test_all_servers_go_back(monkeypatch: pytest.MonkeyPatch, rollout: Rollout) -> None:
    summary, told, _ = end(monkeypatch, rollout, a=aborted(Vote.ABORTED), b=aborted(Vote.ABORTED))
    assert summary == "a, b: rolled back to v1 (aaaaaaaaaaaa)"
    assert told == [("a", "abort"), ("b", "abort")]


def test_a_server_that_is_prepared_goes_back_once_another_has(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    summary, told, _ = end(
        monkeypatch, rollout, a=aborted(Vote.PREPARED), b=aborted(Vote.ABORTED),
        c=aborted(Vote.PREPARED),
    )  # fmt: skip
    assert summary == "a, b, c: rolled back to v1 (aaaaaaaaaaaa)"
    assert told[3:] == [("a", "abort: a peer has aborted"), ("c", "abort: a peer has aborted")]


def test_a_rollout_that_all_are_prepared_for_is_committed(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    summary, told, ends = end(
        monkeypatch, rollout, a=aborted(Vote.PREPARED), b=aborted(Vote.PREPARED)
    )
    assert summary == "a, b: committed v2 (bbbbbbbbbbbb)"
    assert told[2:] == [("a", "commit"), ("b", "commit")]
    assert [each.vote for each in ends.values()] == [Vote.COMMITTED, Vote.COMMITTED]


def test_a_prepared_server_waits_for_one_that_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    summary, told, _ = end(monkeypatch, rollout, a=aborted(Vote.PREPARED), b=CUT_OFF)
    assert summary == (
        "a: prepared on the new release, waiting for the others' votes (slipway resolve);"
        f" b: {CUT_OFF_TOLD}"
    )
    assert told == [("a", "abort"), ("b", "abort")]


def test_one_that_went_back_decides_whoever_else_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    summary, told, _ = end(
        monkeypatch, rollout, a=aborted(Vote.PREPARED), b=CUT_OFF, c=aborted(Vote.ABORTED)
    )
    assert summary == f"a, c: rolled back to v1 (aaaaaaaaaaaa); b: {CUT_OFF_TOLD}"
    assert told[3:] == [("a", "abort: a peer has aborted")]


def test_one_that_has_committed_decides_whoever_else_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    summary, told, _ = end(
        monkeypatch, rollout, a=aborted(Vote.PREPARED), b=CUT_OFF, c=aborted(Vote.COMMITTED)
    )
    assert summary.startswith("a, c: committed v2 (bbbbbbbbbbbb); b: not reached")
    assert told[3:] == [("a", "commit")]


def test_all_servers_that_are_cut_off_are_named_together(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    summary, told, _ = end(monkeypatch, rollout, a=CUT_OFF, b=CUT_OFF, c=Answer(255, "", ""))
    assert summary == (
        f"a, b: {CUT_OFF_TOLD};"
        " c: not reached (it cannot be reached); it reaches the same outcome when its lease expires"
    )
    assert len(told) == 3


VOTES = [Vote.UNKNOWN, Vote.PREPARED, Vote.COMMITTED, Vote.ABORTED]


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from(VOTES), min_size=1))
def test_no_server_is_told_both_ends_and_none_that_has_come_to_its_end_is_told_again(
    rollout: Rollout, votes: dict[str, Vote]
) -> None:
    answers = {n: CUT_OFF if vote is Vote.UNKNOWN else aborted(vote) for n, vote in votes.items()}
    with pytest.MonkeyPatch.context() as patch:
        _, told, _ = end(patch, rollout, **answers)
    again = told[len(votes) :]
    assert len({what for _, what in again}) <= 1
    assert {name for name, _ in again} <= {n for n, vote in votes.items() if vote is Vote.PREPARED}
    whole = set(votes.values())
    assert (("a", "commit") in again) == (
        votes.get("a") is Vote.PREPARED and (Vote.COMMITTED in whole or whole == {Vote.PREPARED})
    )


def incident(step: Step, what: str) -> IncidentReport:
    fault = Fault(what, "", "")
    return IncidentReport("t", "a", step, NEW.release, "v1", 1.8e9, fault, ())


def test_what_failed_is_told_by_the_servers_that_know_it() -> None:
    answer = AbortAnswer(result(Vote.ABORTED), incident(Step.SWITCH, "web-1: exited (137)"), ())
    ends = {
        "a": AbortOutcome(answer.result, aborted=answer),
        "b": AbortOutcome(answer.result, aborted=replace(answer, incident=None)),
        "c": AbortOutcome(None, fault="No route to host"),
    }
    assert abort.causes(ends) == "a, switch: web-1: exited (137)"
    assert abort.causes({}) == ""


def test_the_report_of_a_server_comes_with_its_ending(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    full = incident(Step.PULL, "it is full")
    _, _, ends = end(monkeypatch, rollout, a=aborted(Vote.ABORTED, full))
    report = ends["a"].aborted
    assert report is not None
    assert report.incident == full


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Welcome!", "it is not JSON"),
        ("{}", "it has no protocol number"),
        ('{"protocol": 2, "answer": {"vote": "aborted"}}', "answer/vote: unknown field"),
    ],
)
def test_an_answer_that_cannot_be_read_is_told(
    text: str, fault: str, monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    summary, _, ends = end(monkeypatch, rollout, a=Answer(0, text, ""))
    assert summary.startswith(f"a: not reached ({fault}")
    assert ends["a"].vote is Vote.UNKNOWN


def test_a_server_without_a_release_serves_nothing_as_before(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout
) -> None:
    answer = AbortAnswer(result(Vote.ABORTED, serving=None), None, ())
    summary, _, _ = end(monkeypatch, rollout, a=Answer(0, write_answer(answer), ""))
    assert summary == "a: serves nothing, as before"
