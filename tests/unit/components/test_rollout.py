"""The plan becomes resources, in its order; a failure takes the changed servers back at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.rollout import Rollout
from slipway import ending, fleet, orders
from slipway.release import accord
from slipway.release.basis import Basis
from slipway.release.plan import Gate, Step
from slipway.release.release import Release
from slipway.release.status import Running
from slipway.remote import Host
from slipway.settings import Settings, release
from tests.unit.components import engine
from tests.unit.slipway.settings import sample

IMAGE = "ghcr.io/acme/shop@sha256:" + "1" * 64
SERVING = {"release": "aaaaaaaaaaaa", "version": "v1.0.0", "images": {"web": IMAGE}}
BASES = {
    "one": Basis("nothing, rollout 0 of a", "t0ken", {"two": "10.0.0.2:80"}),
    "two": Basis("nothing, rollout 0 of b", "t0ken", {"one": "10.0.0.1:80"}),
}
FLEET = f"""
servers:
  one: {{host: 10.88.0.11, host_key: {sample.KEY}, private_address: 10.0.0.1}}
  two: {{host: 10.88.0.12, host_key: {sample.OTHER_KEY}, private_address: 10.0.0.2}}
rollout: {{pause: 5s, bake: 1s}}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return sample.settings(sample.project(tmp_path), FLEET)


@pytest.fixture
def candidate(settings: Settings) -> Release:
    return release(settings, {"shop": IMAGE})


def reports(**serving: Mapping[str, Any]) -> dict[str, engine.Inputs]:
    """What the last step on each server prints."""
    return {
        f"shop-finalize-{server}": {"stdout": json.dumps({"serving": each})}
        for server, each in serving.items()
    }


def unknown() -> pulumi.Output[Release]:
    """A release that a preview does not know, because an image has yet to be built."""
    value, known = asyncio.Future[Any](), asyncio.Future[bool]()
    value.set_result(None)
    known.set_result(False)
    return pulumi.Output(set(), value, known)


def declare(
    settings: Settings, candidate: Release | None, moving: Sequence[str] = ("one", "two")
) -> Rollout:
    return Rollout(
        "shop",
        {
            "settings": settings,
            "environment": "staging",
            "release": pulumi.Output.from_input(candidate) if candidate else unknown(),
            "plan": orders.plan(settings, warm=False),
            "bases": BASES,
            "moving": moving,
            "hosts": fleet.hosts(settings),
        },
    )


def work(settings: Settings) -> list[Step]:
    return [step for step in orders.plan(settings, warm=False) if isinstance(step, Step)]


def rollout(
    settings: Settings, candidate: Release, outputs: Mapping[str, engine.Inputs] | None = None
) -> tuple[engine.Engine, Any]:
    def program() -> pulumi.Output[dict[str, Any]]:
        it = declare(settings, candidate)
        return pulumi.Output.all(version=it.version, images=it.images, releases=it.releases)

    return engine.run(program, outputs=outputs or reports(one=SERVING, two=SERVING))


def test_every_step_is_a_resource_that_waits_for_the_steps_before_it(
    settings: Settings, candidate: Release
) -> None:
    recorded, _ = rollout(settings, candidate)
    plan = orders.plan(settings, warm=False)
    assert recorded.registered.keys() == {"shop", *(f"shop-{step.name}" for step in plan)}
    for step in plan:
        found = recorded[f"shop-{step.name}"]
        assert found.parent == "shop"
        assert found.depends_on == {f"shop-{before}" for before in step.after}
        if isinstance(step, Gate):
            assert found.kind == "pulumi:index:Stash"
        else:
            assert found.inputs["connection"]["host"] == str(settings.servers[step.server].host)


def test_every_step_is_given_its_order_and_a_limit_on_the_server(
    settings: Settings, candidate: Release
) -> None:
    recorded, _ = rollout(settings, candidate)
    for step in work(settings):
        found = recorded[f"shop-{step.name}"]
        order = orders.step_order(step, settings, "staging", candidate, BASES[step.server])
        limit = orders.step_limit(step, settings)
        assert found.inputs["stdin"] == order
        assert found.inputs["create"] == (
            f"timeout {limit:.0f} sh -c 'python3 .slipway/agent.pyz {step.action.value}'"
        )


def test_orders_with_secrets_are_secret_and_the_others_stay_readable(
    settings: Settings, candidate: Release
) -> None:
    recorded, _ = rollout(settings, candidate)
    for step in work(settings):
        assert ("stdin" in recorded[f"shop-{step.name}"].secret) == step.carries_secrets, step.name


def test_nothing_of_a_rollout_is_undone_when_its_resources_go(
    settings: Settings, candidate: Release
) -> None:
    recorded, _ = rollout(settings, candidate)
    for step in work(settings):
        inputs = recorded[f"shop-{step.name}"].inputs
        assert inputs.keys().isdisjoint({"delete", "update", "triggers"})


def test_the_outputs_are_what_the_servers_report(settings: Settings, candidate: Release) -> None:
    _, outputs = rollout(settings, candidate)
    assert outputs == {
        "version": "v1.0.0",
        "images": {"web": IMAGE},
        "releases": {"one": "v1.0.0 (aaaaaaaaaaaa)", "two": "v1.0.0 (aaaaaaaaaaaa)"},
    }


@pytest.mark.parametrize(
    ("key", "value"), [("version", "v9"), ("images", {"web": "shop@sha256:9"})]
)
def test_servers_that_report_unlike_things_are_an_error(
    key: str, value: object, settings: Settings, candidate: Release
) -> None:
    unlike = reports(one=SERVING, two={**SERVING, key: value})
    with pytest.raises(pulumi.RunError, match=f"the servers do not agree on their {key}"):
        rollout(settings, candidate, unlike)


@pytest.mark.parametrize("text", ["", "no JSON", "{}", '{"serving": {}}'])
def test_a_report_that_no_agent_makes_is_an_error(
    text: str, settings: Settings, candidate: Release
) -> None:
    outputs = reports(one=SERVING) | {"shop-finalize-two": {"stdout": text}}
    with pytest.raises(pulumi.RunError, match=r"servers/two: it answered .* instead of what"):
        rollout(settings, candidate, outputs)


class Endings:
    """Stands in for `slipway.ending.end`."""

    def __init__(self) -> None:
        self.calls: list[dict[str, tuple[str, str]]] = []

    def __call__(self, hosts: Sequence[Host], order: ending.Order) -> dict[str, ending.End]:
        told = {host.name: (order(host.name, False), order(host.name, True)) for host in hosts}
        self.calls.append(told)
        report = {"step": "stage", "before": "v0", "fault": {"what": "it is full"}, "log": []}
        serving = Running("cccccccccccc", "v0", {})
        return {"one": ending.End(accord.ABORTED, serving, incident=report)}


def fail(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    candidate: Release | None,
    moving: Sequence[str],
    folder: Path = Path("/dev/null"),
    times: int = 1,
) -> tuple[Endings, object, list[str], engine.Engine]:
    """Declare a rollout, and do what the engine does when its first step fails, so many times."""
    endings, hooks, errors = Endings(), dict[str, Any](), list[str]()
    monkeypatch.setattr(ending, "end", endings)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setattr(pulumi.log, "error", lambda text, **_: errors.append(text))
    register = pulumi.ErrorHook

    def hook(name: str, callback: Any) -> pulumi.ErrorHook:
        hooks[name] = callback
        return register(name, callback)

    monkeypatch.setattr(pulumi, "ErrorHook", hook)
    failure = pulumi.ErrorHookArgs(
        "urn",
        "id",
        "shop-stage-one",
        "command:remote:Command",
        {},
        {},
        {},
        "create",
        ["it is full"],
    )

    def program() -> Any:
        declare(settings, candidate, moving)
        told = [asyncio.ensure_future(hooks["shop-abort"](failure)) for _ in range(times)]
        return pulumi.Output.all(*told).apply(any)

    recorded, retry = engine.run(
        program, outputs=reports(one=SERVING, two=SERVING), preview=candidate is None
    )
    return endings, retry, errors, recorded


def test_every_step_has_the_hook_that_takes_servers_back(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, candidate: Release
) -> None:
    recorded = fail(monkeypatch, settings, candidate, ["one", "two"])[3]
    for step in work(settings):
        assert recorded[f"shop-{step.name}"].hooks == ("shop-abort",)


def test_a_failure_takes_all_changed_servers_back_at_once_and_is_not_retried(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, candidate: Release, tmp_path: Path
) -> None:
    endings, retry, errors, _ = fail(monkeypatch, settings, candidate, ["one", "two"], tmp_path)
    assert endings.calls == [
        {
            server: tuple(
                orders.end_order(
                    settings, "staging", server, candidate, BASES[server], evidence=evidence
                )
                for evidence in (False, True)
            )
            for server in ("one", "two")
        }
    ]
    assert retry is False
    (line,) = errors
    report = Path(line.rpartition("report: ")[2])
    assert line == (
        "shop-stage-one failed (one, stage: it is full);"
        f" one: rolled back to v0 (cccccccccccc); report: {report}"
    )
    assert report.parent == tmp_path / "state" / "slipway" / "incidents"
    assert report.stat().st_mode & 0o777 == 0o600
    assert "one, step stage: it is full" in report.read_text()
    assert json.loads(report.with_suffix(".json").read_text())["errors"] == ["it is full"]


def test_a_second_step_that_fails_tells_the_servers_nothing_more(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, candidate: Release
) -> None:
    endings, retry, errors, _ = fail(monkeypatch, settings, candidate, ["one", "two"], times=2)
    assert (len(endings.calls), len(errors), retry) == (1, 1, False)


def test_a_report_that_cannot_be_written_hides_no_failure(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, candidate: Release
) -> None:
    (line,) = fail(monkeypatch, settings, candidate, ["one"])[2]
    assert line.startswith("shop-stage-one failed (one, stage: it is full); one: rolled back to v0")
    assert "report: none (" in line


def test_a_release_that_is_not_known_yet_has_nothing_to_take_back(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    endings, retry, errors, _ = fail(monkeypatch, settings, None, ["one", "two"])
    assert (endings.calls, errors, retry) == ([], [], False)


def test_a_failure_leaves_the_servers_alone_that_the_rollout_does_not_change(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, candidate: Release
) -> None:
    (told,) = fail(monkeypatch, settings, candidate, ["two"])[0].calls
    assert told.keys() == {"two"}
