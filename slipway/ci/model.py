"""The parts of a workflow, by GitHub's names.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from slipway.ci.actions import Action

Scalar = str | int | bool
Access = Literal["read", "write", "none"]


@dataclass(frozen=True)
class Refs:
    """Patterns of the branches and tags that trigger a workflow."""

    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Input:
    """A field of the form of a manual start."""

    description: str
    type: Literal["string", "boolean", "choice"] = "string"
    required: bool = False
    default: Scalar | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manual:
    """A manual start, with its form."""

    inputs: Mapping[str, Input] = field(default_factory=dict)


@dataclass(frozen=True)
class Schedule:
    """A time in cron's five fields, in UTC."""

    cron: str


@dataclass(frozen=True)
class Triggers:
    """What starts a workflow; at least one of them."""

    push: Refs | None = None
    pull_request: Refs | None = None
    schedule: tuple[Schedule, ...] = ()
    workflow_dispatch: Manual | None = None


@dataclass(frozen=True)
class Permissions:
    """Permissions of the job's token; others are denied."""

    actions: Access | None = None
    checks: Access | None = None
    contents: Access | None = None
    deployments: Access | None = None
    id_token: Access | None = None
    issues: Access | None = None
    packages: Access | None = None
    pull_requests: Access | None = None
    security_events: Access | None = None


@dataclass(frozen=True)
class Concurrency:
    """Runs of one group are serialized; a new run may cancel the previous one."""

    group: str
    cancel_in_progress: bool | str = False


@dataclass(frozen=True)
class Service:
    """A service container of a job, with its ports published on the runner."""

    image: str
    env: Mapping[str, Scalar] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    options: str | None = None


@dataclass(frozen=True)
class Strategy:
    """One job for each combination of the matrix's values."""

    matrix: Mapping[str, tuple[Scalar | Mapping[str, Scalar], ...]]
    fail_fast: bool = True


@dataclass(frozen=True)
class Environment:
    """The GitHub environment that a job deploys to, and its address."""

    name: str
    url: str | None = None


@dataclass(frozen=True)
class RunDefaults:
    """Shell and working directory of scripts."""

    shell: str | None = None
    working_directory: str | None = None


@dataclass(frozen=True)
class Defaults:
    """Defaults of all steps."""

    run: RunDefaults


@dataclass(frozen=True)
class Run:
    """A step that is a script. Untrusted text is passed by `env`, never by an expression."""

    name: str
    id: str | None = field(default=None, kw_only=True)
    if_: str | None = field(default=None, kw_only=True)
    run: str
    _: KW_ONLY
    env: Mapping[str, Scalar] = field(default_factory=dict)
    shell: str | None = None
    working_directory: str | None = None
    continue_on_error: bool | None = None
    timeout_minutes: int | None = None


@dataclass(frozen=True)
class Use:
    """A step that is an action, pinned by its commit."""

    name: str
    id: str | None = field(default=None, kw_only=True)
    if_: str | None = field(default=None, kw_only=True)
    uses: Action
    with_: Mapping[str, Scalar] = field(default_factory=dict)
    _: KW_ONLY
    env: Mapping[str, Scalar] = field(default_factory=dict)
    continue_on_error: bool | None = None
    timeout_minutes: int | None = None


Step = Run | Use


@dataclass(frozen=True, kw_only=True)
class Job:
    """Steps on one runner. `name` is the name of the check of a pull request."""

    name: str
    needs: tuple[str, ...] = ()
    if_: str | None = None
    runs_on: str
    timeout_minutes: int
    permissions: Permissions = Permissions()
    environment: Environment | None = None
    concurrency: Concurrency | None = None
    strategy: Strategy | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, Scalar] = field(default_factory=dict)
    defaults: Defaults | None = None
    services: Mapping[str, Service] = field(default_factory=dict)
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Workflow:
    """One file in `.github/workflows`. Scripts stop at the first failure, also in pipes."""

    name: str
    on: Triggers
    permissions: Permissions = field(default=Permissions(), kw_only=True)
    concurrency: Concurrency | None = field(default=None, kw_only=True)
    env: Mapping[str, Scalar] = field(default_factory=dict, kw_only=True)
    defaults: Defaults = field(default=Defaults(RunDefaults("bash")), kw_only=True)
    jobs: Mapping[str, Job]
