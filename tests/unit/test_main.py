"""The program as a whole, under a recording engine: what it declares, and after what."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pulumi
import pytest

from components import build, stack
from components.github import repository
from slipway.observe import observed, servers
from slipway.observe.registry import Registry
from slipway.observe.source import Source
from slipway.protocol.answers import AccessoryAnswer, RolloutAnswer, Running
from slipway.protocol.messages import write_answer
from slipway.rollout.state import Phase
from slipway.rollout.step import Step
from slipway.rollout.two_phase_commit import Vote
from slipway.ssh import Answer, Host
from tests.unit.components import engine
from tests.unit.slipway.deployment.sample import DIGEST, FLEET, IMAGES, TOKEN, state_with_log
from tests.unit.slipway.observe.sample import NOTHING, reply
from tests.unit.slipway.settings import sample

PROGRAM: Final = Path(__file__).resolve().parents[2] / "__main__.py"
LINES: Final = 60

COMMAND, STASH = "command:remote:Command", "pulumi:index:Stash"
INSTALLED: Final = {
    ("slipway:index:Server", "one"),
    (COMMAND, "one-folder"),
    ("command:remote:CopyToRemote", "one-agent"),
    (COMMAND, "one-install"),
    ("slipway:index:Server", "two"),
    (COMMAND, "two-folder"),
    ("command:remote:CopyToRemote", "two-agent"),
    (COMMAND, "two-install"),
}
DEPLOYED: Final = INSTALLED | {
    ("slipway:index:Image", "shop"),
    ("slipway:index:Accessory", "postgres"),
    (COMMAND, "postgres-run"),
    ("slipway:index:Rollout", "shop"),
    (COMMAND, "shop-preflight-one"),
    (COMMAND, "shop-preflight-two"),
    (STASH, "shop-all-preflight"),
    (COMMAND, "shop-pull-one"),
    (COMMAND, "shop-pull-two"),
    (STASH, "shop-all-pull"),
    (COMMAND, "shop-start-one"),
    (COMMAND, "shop-start-two"),
    (STASH, "shop-all-start"),
    (COMMAND, "shop-migrate-one"),
    (COMMAND, "shop-switch-one"),
    (COMMAND, "shop-switch-two"),
    (STASH, "shop-all-switch"),
    (COMMAND, "shop-prepare-one"),
    (COMMAND, "shop-prepare-two"),
    (STASH, "shop-all-prepare"),
    (COMMAND, "shop-commit-one"),
    (COMMAND, "shop-commit-two"),
    ("slipway:index:ReleaseLog", "shop"),
    ("command:local:Command", "shop-releases"),
}
DOCKER: Final = {("pulumi:providers:docker", "docker")}
BUILD: Final = {
    ("docker:index/image:Image", "shop-build"),
    ("docker:index/tag:Tag", "shop-latest-tag"),
    ("docker:index/registryImage:RegistryImage", "shop-latest"),
}

SERVING: Final = Running("aaaaaaaaaaaa", "v1.0.0", IMAGES, since=1.8e9)
COMMITTED: Final = write_answer(
    RolloutAnswer(
        Step.COMMIT, "one", SERVING.release, Phase.IDLE, Vote.COMMITTED, changed=True,
        serving=SERVING, switch_seconds=0.1, seconds=0.5, warnings=(), note="",
    )
)  # fmt: skip
STARTED: Final = write_answer(AccessoryAnswer("postgres", "shop-postgres", changed=True, data=""))
GITHUB: Final = FLEET + "github: {owner: acme, repository: shop}\n"


@dataclass
class World:
    """What the program sees and does: servers and registry as given, and all that it declares."""

    answers: dict[str, Answer] = field(default_factory=dict)  # of servers; else they have nothing
    tags: dict[str, str] = field(default_factory=lambda: {"v1.0.0": DIGEST})
    refuses: bool = False  # whether the registry does
    stacks: dict[str, Any] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)  # in their order
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    exit: Any = None
    outputs: Mapping[str, Any] = field(default_factory=dict)  # that GitHub was declared from

    def ask(self, hosts: Sequence[Host], command: str, **_: Any) -> Mapping[str, Answer]:
        self.events.append("servers")
        return {host.name: self.answers.get(host.name, NOTHING) for host in hosts}

    def registry(self, request: httpx.Request) -> httpx.Response:
        self.events.append("registry")
        what = request.url.path.rpartition("/")[2]
        if self.refuses:
            return httpx.Response(403)
        if what in self.tags:
            return httpx.Response(200, headers={"docker-content-digest": self.tags[what]})
        if what.startswith("sha256:"):
            return httpx.Response(200, json={"config": {"size": 1}, "layers": []})
        return httpx.Response(404)

    def github(self, *arguments: Any) -> list[pulumi.Resource]:
        self.events.append("GitHub")
        self.outputs = arguments[3]
        return [pulumi.Stash("environment", input="")]

    def export(self, name: str, value: Any) -> None:
        self.exports[name] = value


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    it = World()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(servers, "ask", it.ask)
    transport = httpx.MockTransport(it.registry)
    monkeypatch.setattr(observed, "Registry", partial(Registry, transport=transport))
    monkeypatch.setattr(observed, "source", lambda folder: Source())
    monkeypatch.setattr(repository, "declare", it.github)
    monkeypatch.setattr(build, "has_buildkit", lambda: False)
    monkeypatch.setattr(pulumi, "export", it.export)
    monkeypatch.setattr(pulumi.log, "error", lambda text, **_: it.errors.append(text))
    monkeypatch.setattr(pulumi.log, "warn", lambda text, **_: it.warnings.append(text))
    return it


def run(
    world: World, text: str = FLEET, *, preview: bool = False
) -> tuple[engine.Engine, dict[str, Any]]:
    """Run the program on these settings; the engine, and what the stack exports."""
    config = {
        f"slipway:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in sample.changed(text).items()
    }

    def program() -> Any:
        pulumi.runtime.set_all_config(config, ["slipway:secrets"])
        try:
            runpy.run_path(str(PROGRAM))
        except SystemExit as ended:
            world.exit = ended.code
        return pulumi.Output.all(**world.exports)

    outputs: dict[str, engine.Inputs] = {
        "shop-build": {"repoDigest": f"ghcr.io/acme/shop@{DIGEST}"},
        "postgres-run": {"stdout": STARTED},
        "shop-commit-one": {"stdout": COMMITTED},
        "shop-commit-two": {"stdout": COMMITTED},
    }
    recorded, exported = engine.run(program, outputs=outputs, stacks=world.stacks, preview=preview)
    return recorded, exported


def declared(recorded: engine.Engine) -> set[tuple[str, str]]:
    """Type and name of every resource; none is declared twice."""
    found = [(each.kind, each.name) for each in recorded.declared]
    assert len(found) == len(set(found))
    return set(found)


def test_the_program_is_a_short_story() -> None:
    assert len(PROGRAM.read_text().splitlines()) <= LINES


def test_a_published_version_is_deployed_to_every_server(world: World) -> None:
    recorded, exported = run(world, FLEET + "build: false")
    assert (world.exit, world.errors, world.warnings) == (None, [], [])
    assert declared(recorded) == DEPLOYED
    assert exported == {
        "version": "v1.0.0",
        "images": IMAGES,
        "servers": {"one": "v1.0.0 (aaaaaaaaaaaa)", "two": "v1.0.0 (aaaaaaaaaaaa)"},
    }


def test_a_version_that_is_not_published_is_built(world: World) -> None:
    world.tags = {}
    recorded, _ = run(world)
    assert declared(recorded) == DEPLOYED | DOCKER | BUILD
    pull = engine.order(recorded["shop-pull-one"])["request"]
    assert [each["image"] for each in pull["release"]["services"]] == list(IMAGES.values())


def test_a_preview_of_a_build_declares_the_same(world: World) -> None:
    world.tags = {}
    previewed, _ = run(world, preview=True)
    updated, _ = run(world)
    assert declared(previewed) == declared(updated)
    assert world.errors == []


def test_servers_and_registry_are_asked_before_anything_is_declared_at_github(
    world: World,
) -> None:
    run(world, GITHUB + "build: false")
    before = world.events[: world.events.index("GitHub")]
    assert sorted(before) == ["registry", "servers"]
    assert world.events.count("servers") == 1, "one round to the servers"


def test_steps_wait_for_the_servers_and_what_runs_for_the_accessories(world: World) -> None:
    recorded, _ = run(world, FLEET + "build: false")
    rollout, accessory = (
        next(each for each in recorded.declared if each.kind == f"slipway:index:{kind}")
        for kind in ("Rollout", "Accessory")
    )
    installed = {"one-install", "two-install"}
    assert rollout.depends_on >= installed
    assert (accessory.parent, accessory.depends_on) == ("shop", frozenset({"shop-all-pull"}))
    for name in ("migrate-one", "start-one", "start-two"):
        assert recorded[f"shop-{name}"].depends_on & {"postgres-run", "shop-migrate-one"}


def test_what_else_can_fail_does_so_before_the_rollout_begins(world: World) -> None:
    world.tags = {}
    recorded, _ = run(world, GITHUB)
    rollout = next(each for each in recorded.declared if each.kind == "slipway:index:Rollout")
    assert rollout.depends_on >= {"environment", "shop-build", "shop-latest"}


def test_the_agent_of_this_program_is_copied(world: World) -> None:
    recorded, _ = run(world)
    path = recorded["one-agent"].inputs["remotePath"]
    assert re.fullmatch(r"\.slipway/shop/staging/agent-[0-9a-f]{12}\.zip", path)


def test_the_state_tells_what_ran_before(world: World) -> None:
    before = {"v0.9.0": {"web": "ghcr.io/acme/shop@sha256:0"}}
    world.stacks = {"organization/slipway/staging": state_with_log(before)}
    recorded, _ = run(world)
    log = json.loads(recorded["shop-releases"].inputs["stdin"])
    assert log == {**before, "v1.0.0": IMAGES}


def test_warnings_are_told(world: World) -> None:
    world.refuses = True
    world.stacks = {"organization/slipway/staging": state_with_log({"v1.0.0": IMAGES})}
    recorded, exported = run(world)
    (told,) = world.warnings
    assert told.endswith("Version v1.0.0 is deployed as it ran here before")
    assert exported["version"] == "v1.0.0"
    assert ("slipway:index:Rollout", "shop") in declared(recorded)


def test_github_is_declared_from_what_the_stack_has_put_out(world: World) -> None:
    state = state_with_log({})
    world.stacks = {"organization/slipway/staging": state}
    run(world, GITHUB)
    (resource,) = state.values()
    assert world.outputs == {"shop-releases": resource["outputs"]}


def off(world: World) -> str:
    world.answers["two"] = Answer(255, "", "Connection refused")
    return "servers/two (deploy@10.88.0.12:22): the connection to its SSH port was refused"


def unreadable(world: World) -> str:
    world.answers["two"] = reply(agent="hello")
    return "servers/two: the status of its agent cannot be read"


def taken(world: World) -> str:
    world.answers["two"] = reply(None, states=".slipway/shop/production/state.json")
    return "servers/two: the environment production of shop is there"


def refused(world: World) -> str:
    world.refuses = True
    return "registry ghcr.io/acme: it rejects the credentials"


def unpublished(world: World) -> str:
    world.tags = {"v0.9.0": DIGEST}
    return "version: v1.0.0 cannot be deployed: shop has no such tag"


@pytest.mark.parametrize("fault", [off, unreadable, taken, refused, unpublished])
def test_nothing_is_declared_at_github_or_anywhere_when_something_speaks_against_it(
    fault: Callable[[World], str], world: World
) -> None:
    what = fault(world)
    recorded, _ = run(world, GITHUB + "build: false")
    assert declared(recorded) == set()
    assert "GitHub" not in world.events
    (told,) = world.errors
    assert told.startswith(what)
    assert world.exit == stack.ERROR_SHOWN
    assert world.exports == {}


def test_settings_that_are_wrong_are_told_before_anybody_is_asked(world: World) -> None:
    recorded, _ = run(world, GITHUB + "servers: {one: {port: 0}}")
    assert declared(recorded) == set()
    assert world.events == []
    assert "servers/one/port" in world.errors[0]
    assert world.exit == stack.ERROR_SHOWN


def test_no_secret_is_in_what_is_shown(world: World) -> None:
    recorded, exported = run(world)
    values = (TOKEN, sample.PASSWORD)
    for each in recorded.declared:
        for key, value in each.inputs.items():
            if key not in each.secret:
                assert not any(secret in repr(value) for secret in values), (each.name, key)
    assert not any(secret in repr(exported) for secret in values)
    shown = [each.inputs["stdin"] for each in recorded.declared if "stdin" in each.secret]
    assert any(TOKEN in text for text in shown), "it would have been seen"
