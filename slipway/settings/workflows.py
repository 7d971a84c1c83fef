"""The GitHub workflows of the repository that the application lives in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import Field

from slipway.settings.application import Application
from slipway.settings.ci import Ci
from slipway.settings.environment import Registry
from slipway.settings.names import ImageName, Label, Platform, Ref, WebAddress
from slipway.settings.quantity import Duration
from slipway.settings.types import Model, Text

Cron = Annotated[
    str,
    Text(
        "cron",
        rule="must be five fields of cron, in UTC",
        fits=re.compile(r"[0-9*/,-]+(?: [0-9*/,A-Z-]+){4}").fullmatch,
    ),
]
Role = Annotated[
    str,
    Text(
        "role",
        rule="must be the ARN of an IAM role",
        fits=re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII).fullmatch,
    ),
]


class ImageWorkflow(Model):
    """How images are built, tested, scanned and signed.

    Each commit is built once; a release tag is added to the image of its commit.
    """

    platforms: tuple[Platform, ...] = Field(
        default=("linux/amd64", "linux/arm64"), min_length=1, examples=[["linux/amd64"]]
    )
    """Platforms that every image is built for."""
    start: Mapping[ImageName, tuple[str, ...]] = Field(
        default={}, examples=[{"shop": ["--version"]}]
    )
    """Arguments with which an image must run and exit with 0, by image. Other images must run for
    10 seconds, or become healthy if they have a health check."""
    severity: Literal["low", "medium", "high", "critical"] = Field(
        default="high", examples=["critical"]
    )
    """Lowest severity of a known vulnerability that fails the scan."""
    unfixed: bool = Field(default=False, examples=[True])
    """Whether vulnerabilities without a fix count."""


class DeployWorkflow(Model):
    """How a push or a tag becomes a stack update.

    The version comes from the commit or the tag, whatever the stack's file says.
    """

    folder: str = Field(default=".", min_length=1, examples=["deployment"])
    """Folder with Pulumi.yaml, relative to the repository."""
    staging: Label = Field(default="staging", examples=["staging"])
    """Stack, and GitHub environment, that every push to `branch` updates."""
    production: Label = Field(default="production", examples=["production"])
    """Stack, and GitHub environment, that every release tag updates, after `staging`."""
    python: str = Field(default="3.12", min_length=1, examples=["3.12"])
    """Version of Python that runs the program."""
    program: str | None = Field(default=None, min_length=1, examples=["deployment/slipway"])
    """Folder with Slipway's program, relative to the repository; null: `folder`."""
    requirements: str = Field(default="requirements.lock", min_length=1, examples=["req.txt"])
    """Requirements of the program with their hashes, relative to `program`."""
    backend: str = Field(
        default="https://api.pulumi.com",
        min_length=1,
        examples=["s3://acme-state?region=eu-central-1"],
    )
    """Where Pulumi keeps its state, as `pulumi login` takes it."""
    organization: str | None = Field(default=None, min_length=1, examples=["acme"])
    """Organization of Pulumi Cloud that jobs log in to with their OIDC token; null: the secret
    PULUMI_ACCESS_TOKEN is used."""
    aws_role: Role | None = Field(default=None, examples=["arn:aws:iam::123456789012:role/deploy"])
    """AWS role that jobs assume with their OIDC token, for a state in S3 or keys in KMS; null:
    none."""
    aws_region: str = Field(default="us-east-1", min_length=1, examples=["eu-central-1"])
    """Region of AWS; only for `aws_role`."""
    passphrase: bool = Field(default=False, examples=[True])
    """Whether the stacks' secrets are encrypted with the secret PULUMI_CONFIG_PASSPHRASE."""
    urls: Mapping[Label, WebAddress] = Field(
        default={}, examples=[{"production": "https://shop.example.org"}]
    )
    """Address of each environment; requested after each update, which is rolled back if the request
    fails."""
    limit: Duration = Field(default=2700.0, ge=300, le=21_600, examples=["45m"])
    """Time limit of an update, 5m to 6h; counted in whole minutes."""


class ScheduledWorkflow(Model):
    """Nightly checks and clean-up; each failed check opens an issue."""

    cron: Cron = Field(default="0 2 * * *", examples=["0 2 * * *"])
    """Time of the run, in UTC."""
    backup: str | None = Field(default=None, min_length=1, examples=["scripts/check-backup.sh"])
    """Command that fails unless the backups of the environment `$STACK` are younger than 25 hours,
    complete, and can be restored. null: not checked."""
    environments: tuple[Label, ...] = Field(default=("staging",), examples=[["staging"]])
    """Environments whose backups are checked; only for `backup`. One with required reviewers waits
    for them every night."""
    keep_days: int = Field(default=30, ge=1, le=400, examples=[30])
    """Days after which runs of workflows are deleted, 1 to 400."""
    keep_runs: int = Field(default=10, ge=1, le=100, examples=[10])
    """Newest runs of each workflow that are always kept, 1 to 100."""


class Workflows(Model):
    """The files in `.github`: CI, images, deployment, nightly checks, dependency updates."""

    branch: Ref = Field(default="main", examples=["main"])
    """Branch that is deployed to staging."""
    develop: tuple[Ref, ...] = Field(default=("develop",), examples=[["develop", "release/*"]])
    """Further branches on which CI checks every push."""
    release_tags: Ref = Field(default="v*", examples=["v*"])
    """Tags that are releases, and are deployed to production."""
    runner: str = Field(default="ubuntu-24.04", min_length=1, examples=["ubuntu-24.04"])
    """Label of the runner of all jobs: Linux with Docker."""
    ci: Ci = Field(default=Ci(), examples=[{"python": {"folder": "."}}])
    """What CI checks of every change."""
    image: ImageWorkflow | None = Field(
        default=ImageWorkflow(), examples=[{"severity": "critical"}]
    )
    """How images are built; null: the stack update builds them."""
    deploy: DeployWorkflow = Field(default=DeployWorkflow(), examples=[{"organization": "acme"}])
    """How releases are deployed."""
    schedule: ScheduledWorkflow | None = Field(
        default=ScheduledWorkflow(), examples=[{"keep_days": 60}]
    )
    """Nightly checks and clean-up; null: none."""
    notify: tuple[Literal["slack", "discord", "pagerduty"], ...] = Field(
        default=(), examples=[["slack"]]
    )
    """Where the result of a deployment is sent, by the secrets SLACK_WEBHOOK, DISCORD_WEBHOOK and
    PAGERDUTY_ROUTING_KEY; to PagerDuty only failures."""


class Project(Protocol):
    """The settings that workflows depend on; they can be read without Pulumi and secrets."""

    @property
    def application(self) -> Application:
        """What is deployed."""

    @property
    def registry(self) -> Registry:
        """Where its images are."""

    @property
    def workflows(self) -> Workflows | None:
        """The workflows, if any are configured."""
