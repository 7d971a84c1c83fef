"""The plan becomes resources, in its order; a failure takes the changed servers back at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.rollout import Rollout
from slipway import abort
from slipway.abort import AbortOutcome
from slipway.deployment.deployment import AccessoryDeployment, RolloutDeployment, decide
from slipway.deployment.requests import RolloutRequests
from slipway.protocol.answers import (
    AbortAnswer,
    AccessoryAnswer,
    Fault,
    IncidentReport,
    RolloutAnswer,
    Running,
    TimelineEntry,
)
from slipway.protocol.messages import write_answer
from slipway.protocol.requests import AccessoryRequest
from slipway.rollout.release import Release
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Vote
from slipway.ssh import Host
from tests.unit.components import engine
from tests.unit.slipway.deployment.sample import (
    FLEET,
    IMAGE,
    IMAGES,
    INSTALLATION,
    TOKEN,
    observed,
)
from tests.unit.slipway.protocol import samples
from tests.unit.slipway.settings import sample

SERVING = Running("aaaaaaaaaaaa", "v1.0.0", IMAGES, since=1.8e9)
SETTINGS = FLEET.replace("bake: 3s", "bake: 3s, pause: 5s")

# Every step in its order: what it waits for, and how many seconds it may take.
STEPS = {
    "preflight-one": ((), 60),
    "preflight-two": ((), 60),
    "pull-one": (("all-preflight",), 1200 + 30),
    "pull-two": (("all-preflight",), 1200 + 30),
    "migrate-one": (("accessory-postgres",), 60 + 300),
    "start-one": (("migrate-one",), 60 + 60 + 30),
    "start-two": (("migrate-one",), 60 + 60 + 30),
    "switch-one": (("all-start",), 60 + 60 + (30 + 10) + 3),
    "switch-two": (("switch-one",), 60 + 60 + (30 + 10) + 5 + 3),
    "prepare-one": (("all-switch",), 60),
    "prepare-two": (("all-switch",), 60),
    "commit-one": (("all-prepare",), 60 + 30 + 10),
    "commit-two": (("all-prepare",), 60 + 30 + 10),
}
BARRIERS = {
    "all-preflight": {"preflight-one", "preflight-two"},
    "all-pull": {"pull-one", "pull-two"},
    "all-start": {"start-one", "start-two"},
    "all-switch": {"switch-one", "switch-two"},
    "all-prepare": {"prepare-one", "prepare-two"},
}
ACCESSORY = AccessoryDeployment(
    Host("one", "10.88.0.11", sample.KEY),
    INSTALLATION,
    samples.full(AccessoryRequest),
    limit=90.0,
)
STARTED = write_answer(AccessoryAnswer("postgres", "shop-postgres", changed=True, data="da7a"))
NAMES = {"accessory-postgres": "postgres-run"}
"""Of what does not bear the application's."""
ADDRESSES = {"one": "10.88.0.11", "two": "10.88.0.12"}
SECRET_STEPS = {
    name for name in STEPS if name.partition("-")[0] in ("preflight", "pull", "migrate", "start")
}


@pytest.fixture
def deployment(tmp_path: Path) -> RolloutDeployment:
    settings = sample.settings(sample.project(tmp_path), SETTINGS)
    return decide(settings, "staging", observed(settings)).rollout


@pytest.fixture
def unbuilt(deployment: RolloutDeployment) -> RolloutDeployment:
    """A deployment whose image has yet to be built."""
    return replace(deployment, release=None)


def answer(serving: Running | None = SERVING, **changes: Any) -> str:
    """What a commit prints."""
    done = RolloutAnswer(
        Step.COMMIT, "one", SERVING.release, Phase.IDLE, Vote.COMMITTED, changed=True,
        serving=serving, switch_seconds=0.1, seconds=0.5, warnings=(), note="",
    )  # fmt: skip
    return write_answer(replace(done, **changes))


def reports(one: str | None = None, two: str | None = None) -> dict[str, engine.Inputs]:
    """What the last step on each server prints."""
    return {
        "postgres-run": {"stdout": STARTED},
        "shop-commit-one": {"stdout": answer() if one is None else one},
        "shop-commit-two": {"stdout": answer() if two is None else two},
    }


def unknown() -> pulumi.Output[str]:
    """The reference of an image that a preview does not know, because it has yet to be built."""
    value, known = asyncio.Future[Any](), asyncio.Future[bool]()
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(set(), value, known)


def declare(deployment: RolloutDeployment, reference: pulumi.Output[str] | None = None) -> Rollout:
    return Rollout(
        "shop",
        {
            "deployment": deployment,
            "accessories": {"postgres": ACCESSORY},
            "references": {"shop": reference or pulumi.Output.from_input(IMAGE)},
        },
    )


def rollout(
    deployment: RolloutDeployment, outputs: Mapping[str, engine.Inputs] | None = None
) -> tuple[engine.Engine, Any]:
    def program() -> pulumi.Output[dict[str, Any]]:
        it = declare(deployment)
        return pulumi.Output.all(version=it.version, images=it.images, releases=it.releases)

    return engine.run(program, outputs=outputs or reports())


def prefixed(names: Sequence[str] | set[str]) -> set[str]:
    return {f"shop-{name}" for name in names}


def test_every_step_is_a_resource_that_waits_for_the_steps_before_it(
    deployment: RolloutDeployment,
) -> None:
    recorded, _ = rollout(deployment)
    own = {"shop", *prefixed({*STEPS, *BARRIERS})}
    assert recorded.registered.keys() == own | {"postgres", "postgres-run"}
    assert recorded["shop"].kind == "slipway:index:Rollout"
    assert recorded["postgres"].depends_on == {"shop-all-pull"}
    for name, (after, _) in STEPS.items():
        found = recorded[f"shop-{name}"]
        assert (found.kind, found.parent) == ("command:remote:Command", "shop")
        assert found.depends_on == {NAMES.get(each, f"shop-{each}") for each in after}, name
        assert found.inputs["connection"]["host"] == ADDRESSES[name.rpartition("-")[2]]
    for name, waits in BARRIERS.items():
        found = recorded[f"shop-{name}"]
        assert (found.kind, found.parent) == ("pulumi:index:Stash", "shop")
        assert found.depends_on == prefixed(waits), name
        assert found.inputs == {"input": name}


def test_every_step_is_one_command_with_a_limit_on_the_server(
    deployment: RolloutDeployment,
) -> None:
    recorded, _ = rollout(deployment)
    for name, (_, seconds) in STEPS.items():
        assert recorded[f"shop-{name}"].inputs["create"] == (
            f"timeout --kill-after=180 {seconds} sh -c"
            f" 'python3 .slipway/shop/staging/agent {name.partition('-')[0]}'"
        )


def test_every_step_is_given_its_request(deployment: RolloutDeployment) -> None:
    recorded, _ = rollout(deployment)
    assert deployment.release is not None
    for name in STEPS:
        message = engine.order(recorded[f"shop-{name}"])
        assert message.keys() == {"protocol", "request"}
        request = message["request"]
        server = name.rpartition("-")[2]
        assert request["target"] == {
            "application": "shop", "environment": "staging", "server": server,
        }  # fmt: skip
        assert request["rollout"]["release"] == deployment.release.id
        assert request["rollout"]["version"] == "v1.0.0"
        assert request["rollout"]["context"]["observed"] == (f"nothing, rollout 0 of life-{server}")
    switch = engine.order(recorded["shop-switch-two"])["request"]
    assert (switch["weight"], switch["pause"], switch["bake"]) == (100, 5, 3)
    pull = engine.order(recorded["shop-pull-two"])["request"]
    assert [each["image"] for each in pull["release"]["services"]] == [IMAGE, IMAGE]


def test_requests_with_secrets_are_secret_and_the_others_stay_readable(
    deployment: RolloutDeployment,
) -> None:
    recorded, _ = rollout(deployment)
    secret = {name for name in STEPS if "stdin" in recorded[f"shop-{name}"].secret}
    values = (TOKEN, sample.PASSWORD)
    texts = {name: recorded[f"shop-{name}"].inputs["stdin"] for name in STEPS}
    holding = {name for name, text in texts.items() if any(value in text for value in values)}
    assert secret == holding == SECRET_STEPS


def test_an_image_that_was_just_built_is_what_is_pulled(unbuilt: RolloutDeployment) -> None:
    recorded, _ = rollout(unbuilt)
    pull = engine.order(recorded["shop-pull-one"])["request"]
    assert [each["image"] for each in pull["release"]["services"]] == [IMAGE, IMAGE]


def test_nothing_of_a_rollout_is_undone_when_its_resources_go(
    deployment: RolloutDeployment,
) -> None:
    recorded, _ = rollout(deployment)
    for name in STEPS:
        inputs = recorded[f"shop-{name}"].inputs
        assert inputs.keys().isdisjoint({"delete", "update", "triggers"})


def test_the_outputs_are_what_the_servers_report(deployment: RolloutDeployment) -> None:
    _, outputs = rollout(deployment)
    assert outputs == {
        "version": "v1.0.0",
        "images": IMAGES,
        "releases": {"one": "v1.0.0 (aaaaaaaaaaaa)", "two": "v1.0.0 (aaaaaaaaaaaa)"},
    }


@pytest.mark.parametrize(
    ("key", "value"), [("version", "v9"), ("images", {"web": "shop@sha256:9"})]
)
def test_servers_that_report_unlike_things_are_an_error(
    key: str, value: Any, deployment: RolloutDeployment
) -> None:
    unlike = reports(two=answer(replace(SERVING, **{key: value})))
    with pytest.raises(pulumi.RunError, match=f"the servers report different {key}"):
        rollout(deployment, unlike)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "it is not JSON"),
        ("no JSON", "it is not JSON"),
        ("{}", "it has no protocol number"),
        ('{"protocol": 2, "answer": {}}', "answer/serving: missing"),
    ],
)
def test_a_report_that_no_agent_makes_is_an_error(
    text: str, what: str, deployment: RolloutDeployment
) -> None:
    with pytest.raises(pulumi.RunError, match=rf"servers/two: it answered .*{what}"):
        rollout(deployment, reports(two=text))


def test_a_server_that_serves_nothing_after_its_commit_is_an_error(
    deployment: RolloutDeployment,
) -> None:
    with pytest.raises(pulumi.RunError, match="servers/two: it serves nothing after its commit"):
        rollout(deployment, reports(two=answer(None)))


ABORTED = AbortAnswer(
    result=RolloutAnswer(
        Step.ABORT, "one", SERVING.release, Phase.IDLE, Vote.ABORTED, changed=True,
        serving=Running("cccccccccccc", "v0", {}, 1.7e9), switch_seconds=0.1, seconds=0.5,
        warnings=(), note="",
    ),
    incident=IncidentReport(
        "t", "one", Step.PULL, SERVING.release, "v0", 1.8e9, Fault("it is full", "", ""), ()
    ),
    timeline=(TimelineEntry(1.8e9, "pull", "pull", "failed"),),
)  # fmt: skip


class Aborts:
    """Stands in for `slipway.abort.abort`."""

    def __init__(self) -> None:
        self.calls: list[tuple[set[str], RolloutRequests, Release]] = []

    def __call__(
        self, hosts: Sequence[Host], requests: RolloutRequests, release: Release
    ) -> dict[str, AbortOutcome]:
        self.calls.append(({host.name for host in hosts}, requests, release))
        return {"one": AbortOutcome(ABORTED.result, aborted=ABORTED)}


def fail(
    monkeypatch: pytest.MonkeyPatch,
    deployment: RolloutDeployment,
    folder: Path = Path("/dev/null"),
    *,
    times: int = 1,
    preview: bool = False,
) -> tuple[Aborts, object, list[str], engine.Engine]:
    """Declare a rollout, and do what the engine does when its first step fails, so many times."""
    aborts, hooks, errors = Aborts(), dict[str, Any](), list[str]()
    monkeypatch.setattr(abort, "abort", aborts)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setattr(pulumi.log, "error", lambda text, **_: errors.append(text))
    register = pulumi.ErrorHook

    def hook(name: str, callback: Any) -> pulumi.ErrorHook:
        hooks[name] = callback
        return register(name, callback)

    monkeypatch.setattr(pulumi, "ErrorHook", hook)
    failure = pulumi.ErrorHookArgs(
        "urn", "id", "shop-pull-one", "command:remote:Command", {}, {}, {}, "create",
        ["it is full"],
    )  # fmt: skip

    def program() -> Any:
        declare(deployment, unknown() if preview else None)
        told = [asyncio.ensure_future(hooks["shop-abort"](failure)) for _ in range(times)]
        return pulumi.Output.all(*told).apply(any)

    recorded, retry = engine.run(program, outputs=reports(), preview=preview)
    return aborts, retry, errors, recorded


def test_every_step_has_the_hook_that_takes_servers_back(
    monkeypatch: pytest.MonkeyPatch, deployment: RolloutDeployment
) -> None:
    recorded = fail(monkeypatch, deployment)[3]
    assert {recorded[f"shop-{name}"].hooks for name in STEPS} == {("shop-abort",)}
    assert {recorded[f"shop-{name}"].hooks for name in BARRIERS} == {()}


def test_a_failure_takes_all_changed_servers_back_at_once_and_is_not_retried(
    monkeypatch: pytest.MonkeyPatch, deployment: RolloutDeployment, tmp_path: Path
) -> None:
    aborts, retry, errors, _ = fail(monkeypatch, deployment, tmp_path)
    assert deployment.release is not None
    assert aborts.calls == [({"one", "two"}, deployment.requests, deployment.release)]
    assert retry is False
    (line,) = errors
    report = Path(line.rpartition("report: ")[2])
    assert line == (
        "shop-pull-one failed (one, pull: it is full);"
        f" one: rolled back to v0 (cccccccccccc); report: {report}"
    )
    assert report.parent == tmp_path / "state" / "slipway" / "incidents"
    assert report.stat().st_mode & 0o777 == 0o600
    assert "one, step pull: it is full" in report.read_text()
    told = json.loads(report.with_suffix(".json").read_text())
    assert (told["environment"], told["version"]) == ("staging", "v1.0.0")
    assert told["errors"] == ["it is full"]


def test_a_second_step_that_fails_tells_the_servers_nothing_more(
    monkeypatch: pytest.MonkeyPatch, deployment: RolloutDeployment
) -> None:
    aborts, retry, errors, _ = fail(monkeypatch, deployment, times=2)
    assert (len(aborts.calls), len(errors), retry) == (1, 1, False)


def test_a_report_that_cannot_be_written_hides_no_failure(
    monkeypatch: pytest.MonkeyPatch, deployment: RolloutDeployment
) -> None:
    (line,) = fail(monkeypatch, deployment)[2]
    assert line.startswith("shop-pull-one failed (one, pull: it is full); one: rolled back to v0")
    assert "report: none (" in line


def test_a_release_that_is_not_known_yet_has_nothing_to_take_back(
    monkeypatch: pytest.MonkeyPatch, unbuilt: RolloutDeployment
) -> None:
    aborts, retry, errors, _ = fail(monkeypatch, unbuilt, preview=True)
    assert (aborts.calls, errors, retry) == ([], [], False)


def test_a_release_that_was_just_built_is_taken_back(
    monkeypatch: pytest.MonkeyPatch, unbuilt: RolloutDeployment, tmp_path: Path
) -> None:
    ((_, _, release),) = fail(monkeypatch, unbuilt, tmp_path)[0].calls
    assert release.images == IMAGES


def test_a_failure_leaves_the_servers_alone_that_the_rollout_does_not_change(
    monkeypatch: pytest.MonkeyPatch, deployment: RolloutDeployment
) -> None:
    changing_two = replace(deployment, changing=frozenset({"two"}))
    ((asked, _, _),) = fail(monkeypatch, changing_two)[0].calls
    assert asked == {"two"}
