"""What CI checks of every change, before it is merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from slipway.settings.names import ImageReference, Label, SecretName, VariableName
from slipway.settings.quantity import Duration
from slipway.settings.types import Model

ServiceName = Literal["postgres", "redis", "qdrant"]


class PythonCode(Model):
    """Python code and how it is checked. Its tools come with its requirements."""

    folder: str = Field(default=".", min_length=1, examples=["backend"])
    """Folder of the code, relative to the repository; all else here is relative to it."""
    versions: tuple[str, ...] = Field(default=("3.12",), min_length=1, examples=[["3.11", "3.12"]])
    """Versions of Python that the tests run on; all else runs on the last one."""
    requirements: tuple[str, ...] = Field(
        default=("requirements.txt",), min_length=1, examples=[["requirements-dev.txt"]]
    )
    """Requirement files that are installed for the checks, and audited."""
    source: tuple[str, ...] = Field(default=(".",), min_length=1, examples=[["shop"]])
    """Folders of the application's own code, which bandit scans."""
    lint: tuple[str, ...] = Field(
        default=("ruff check .", "ruff format --check .", "mypy ."),
        examples=[["flake8", "black --check .", "isort --check .", "mypy ."]],
    )
    """Commands of linters, formatters and type checkers."""
    unit: str | None = Field(default="pytest tests/unit", examples=["pytest tests/unit"])
    """Module that runs the unit tests, with its arguments, as after `python -m`; null: none."""
    integration: str | None = Field(
        default="pytest tests/integration", examples=["pytest tests/integration"]
    )
    """Module that runs the tests against the services, as after `python -m`; null: none."""
    coverage: int | None = Field(default=80, ge=1, le=100, examples=[80])
    """Minimum coverage of all tests together, 1 to 100 per cent; null: not measured. The package
    `coverage` has to be among the requirements."""


class NodeCode(Model):
    """JavaScript or TypeScript and how it is checked. Packages come from `npm ci`."""

    folder: str = Field(default=".", min_length=1, examples=["frontend"])
    """Folder with package-lock.json, relative to the repository."""
    versions: tuple[str, ...] = Field(default=("22",), min_length=1, examples=[["22", "24"]])
    """Versions of Node that the tests run on; all else runs on the last one."""
    lint: tuple[str, ...] = Field(
        default=("npx eslint .", "npx tsc --noEmit"), examples=[["npm run lint"]]
    )
    """Commands of linters, formatters and type checkers."""
    unit: str | None = Field(default="npm test", examples=["npx vitest run --coverage"])
    """Command that runs the unit tests; null: none."""
    build: str | None = Field(default="npm run build", examples=["npm run build"])
    """Build command; null: nothing is built."""
    coverage: int | None = Field(default=80, ge=1, le=100, examples=[80])
    """Minimum coverage of the lines, 1 to 100 per cent, as coverage/coverage-summary.json reports
    (the reporter `json-summary` of Vitest, Jest or c8); null: not measured."""


class Command(Model):
    """A further check, with a command of your own."""

    run: str = Field(min_length=1, examples=["make check"])
    """Command, run by bash in the repository's folder."""
    limit: Duration = Field(default=600.0, ge=60, le=21_600, examples=["10m"])
    """Time limit, 1m to 6h; counted in whole minutes."""
    full_history: bool = Field(default=False, examples=[True])
    """Whether it needs all commits and tags instead of the last one only."""


class Compose(Model):
    """An integration test of the whole application, started with Docker Compose."""

    file: str = Field(default="compose.yaml", min_length=1, examples=["compose.test.yaml"])
    """Compose file, relative to the repository."""
    migrate: str | None = Field(default=None, examples=["docker compose run --rm web migrate"])
    """Command that migrates the database once everything is healthy; null: none."""
    probe: str = Field(
        default="http://127.0.0.1:8000/", min_length=1, examples=["http://127.0.0.1:8000/ready"]
    )
    """Address that must respond with a status below 400."""
    ready: Duration = Field(default=120.0, ge=1, le=1800, examples=["2m"])
    """Time until all services have to be healthy, 1s to 30m."""


class Performance(Model):
    """A load test by k6 against the application as Docker Compose starts it."""

    script: str = Field(
        default="performance/smoke.js", min_length=1, examples=["performance/smoke.js"]
    )
    """Script for k6, relative to the repository; it finds the application at `BASE_URL`."""
    p95: Duration = Field(default=0.5, ge=0.001, le=600, examples=["500ms"])
    """Longest time in which 95 % of the requests have to be answered, 1ms to 10m."""
    error_rate: float = Field(default=0.01, ge=0, le=1, examples=[0.01])
    """Largest share of failed requests, 0 to 1."""
    regression: float = Field(default=1.2, ge=1, le=100, examples=[1.2])
    """How many times as long as in the baseline p95 may take in the scheduled test, 1 to 100. The
    baseline is the last scheduled test that passed."""


class Ci(Model):
    """What is checked of every pull request and every push. Each job is a required check."""

    python: PythonCode | None = Field(default=None, examples=[{"folder": "backend"}])
    """Python code; null: there is none."""
    node: NodeCode | None = Field(default=None, examples=[{"folder": "frontend"}])
    """JavaScript or TypeScript; null: there is none."""
    jobs: Mapping[Label, Command] = Field(default={}, examples=[{"check": {"run": "make check"}}])
    """Further checks by the name of their job, a DNS label."""
    services: Mapping[ServiceName, ImageReference] = Field(
        default={}, examples=[{"postgres": "postgres:16", "redis": "redis:7"}]
    )
    """Service containers for the tests, with the image of each; the tests find them at
    `DATABASE_URL`, `REDIS_URL` and `QDRANT_URL`."""
    environment: Mapping[VariableName, str] = Field(default={}, examples=[{"LOG_LEVEL": "debug"}])
    """Variables of the tests."""
    secrets: tuple[SecretName, ...] = Field(default=(), examples=[["OPENAI_API_KEY_TEST"]])
    """Secrets of the repository that the tests get as variables. Pull requests from forks get
    none."""
    semgrep: str | None = Field(default="p/default", min_length=1, examples=["p/python"])
    """Rules for Semgrep: a ruleset of its registry, or a file; null: Semgrep is not run."""
    codecov: bool = Field(default=False, examples=[True])
    """Whether coverage is uploaded to Codecov, with the job's OIDC token."""
    compose: Compose | None = Field(default=None, examples=[{"file": "compose.yaml"}])
    """An integration test of the whole application; null: none."""
    performance: Performance | None = Field(default=None, examples=[{"p95": "300ms"}])
    """A load test of pull requests, and every night; needs `compose`. null: none."""
