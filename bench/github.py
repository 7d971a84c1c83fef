"""Times 200 secrets and variables and 30 rules at GitHub, beside the bare provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

import pulumi
import pulumi_github as github

from bench.peers import application
from bench.report import Report
from bench.seconds import Seconds
from bench.simulation import HOST_KEY, STACK
from components import stack
from components.github import repository
from fakes.github.program import Declare, Program
from fakes.github.simulator import Simulator
from lab.progress import step
from slipway.settings import load
from slipway.settings.github import Github

VALUES: Final = 50  # secrets, and as many variables: of the repository, and of the environment
RULES: Final = 30  # protected branches
PACE: Final = 1.0  # seconds between writes, which GitHub asks for
NAMES: Final = tuple(f"{number:03}" for number in range(VALUES))
BRANCHES: Final = tuple(f"release/{number}" for number in range(RULES))
STEPS: Final = ("preview, first", "up, first", "preview, no change", "up, no change")
COLUMNS: Final = ("seconds", *STEPS, "requests of the first up", "writes")
SECRET: Final = "correct horse battery staple"  # noqa: S105


def measure() -> list[Report]:
    """The same configuration by Slipway and by a program of bare resources."""
    report = Report(f"{4 * VALUES} secrets and variables and {RULES} rules at GitHub", COLUMNS)
    for name, configure, pace in (
        ("Slipway", _slipway, 0.0),
        ("the bare provider", _bare, 0.0),
        (f"Slipway, {PACE:g} s between writes", _slipway, PACE),
    ):
        with step(name):
            report.add(name, *_timed(partial(configure, pace=pace)))
    report.notes.append(
        "By the real provider and the simulator of `slipway lab github`, which answers at once. The"
        " bare provider is a Pulumi program with the same resources and the provider's defaults,"
        " which make one request at a time; Slipway asks first what GitHub has, checks all of it,"
        f" and seals each secret itself. GitHub asks for {PACE:g} s between writes, so at that"
        " pace the number of writes is what a first update takes at least; `write_delay: 0s` is"
        " for a GitHub Enterprise Server without limits."
    )
    return [report]


Configure = Callable[[Program, Path], Declare]


def _timed(configure: Configure) -> Iterator[object]:
    """Seconds of each step, and the numbers of requests and writes of the first update."""
    seconds = Seconds()
    with TemporaryDirectory() as folder, Simulator() as simulator:
        program = Program(simulator, Path(folder))
        declare = configure(program, Path(folder))
        for preview, up in (STEPS[:2], STEPS[2:]):
            with seconds.timed(preview):
                program.preview(declare)
            with seconds.timed(up):
                program.up(declare)
            if up == STEPS[1]:
                made = len(simulator.requests), len(simulator.writes)
    yield from (seconds.median(each) for each in STEPS)
    yield from made


def _slipway(program: Program, folder: Path, *, pace: float) -> Declare:
    """The stack's own component, from a configuration."""
    settings = load(STACK, _configuration(program, pace), folder)
    chosen = cast(Github, settings.github)

    def declare(_: pulumi.ResourceOptions) -> None:
        state = stack.outputs(stack.resources(pulumi.get_stack()))
        repository.declare(settings, chosen, STACK, state)

    return declare


def _configuration(program: Program, pace: float) -> Mapping[str, Any]:
    secrets = {f"{scope}_{name}": SECRET for scope in ("OURS", "THEIRS") for name in NAMES}
    variables = {f"NAME_{name}": name for name in NAMES}
    return {
        "version": "v1",
        "application": application.definition(),
        "registry": {"address": "registry.example.org"},
        "servers": {"web": {"host": "192.0.2.1", "host_key": HOST_KEY}},
        "build": False,
        "secrets": {**secrets, "ADMIN_TOKEN": program.token.text},
        "github": {
            "owner": program.simulator.organization.login,
            "repository": program.simulator.repository.name,
            "url": program.simulator.base_url,
            "token": "ADMIN_TOKEN",
            "write_delay": f"{pace:g}s",
            "manage": "repository",
            "secrets": [each for each in secrets if each.startswith("OURS")],
            "variables": variables,
            "branches": {each: {} for each in BRANCHES},
            "environment": {
                "secrets": [each for each in secrets if each.startswith("THEIRS")],
                "variables": variables,
            },
        },
    }


def _bare(program: Program, _: Path, *, pace: float) -> Declare:
    """The same resources without components, one request at a time."""
    program.settings = {"write_delay_ms": round(pace * 1000)}
    found = program.simulator.repository
    return partial(_resources, found.name, found.node_id)


def _resources(shop: str, node_id: str, options: pulumi.ResourceOptions) -> None:
    made = github.RepositoryEnvironment(STACK, repository=shop, environment=STACK, opts=options)
    for name in NAMES:
        secret: dict[str, Any] = {"repository": shop, "value": pulumi.Output.secret(SECRET)}
        variable: dict[str, Any] = {"repository": shop, "variable_name": f"NAME_{name}"}
        inside: dict[str, Any] = {"environment": made.environment, "opts": options}
        github.ActionsSecret(f"ours-{name}", secret_name=f"OURS_{name}", **secret, opts=options)
        github.ActionsVariable(f"ours-{name}", **variable, value=name, opts=options)
        github.ActionsEnvironmentSecret(
            f"theirs-{name}", secret_name=f"THEIRS_{name}", **secret, **inside
        )
        github.ActionsEnvironmentVariable(f"theirs-{name}", **variable, value=name, **inside)
    for branch in BRANCHES:
        github.BranchProtection(
            branch,
            repository_id=node_id,
            pattern=branch,
            enforce_admins=True,
            require_conversation_resolution=True,
            required_pull_request_reviews=[{"required_approving_review_count": 2}],
            opts=options,
        )
    github.RepositoryRuleset(
        "tags",
        name="tags",
        repository=shop,
        target="tag",
        enforcement="active",
        conditions={"ref_name": {"includes": ["refs/tags/v*"], "excludes": []}},
        rules={"deletion": True, "update": True},
        opts=options,
    )
