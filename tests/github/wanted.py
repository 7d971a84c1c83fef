"""What a whole stack wants of the simulator's repository, by its configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pulumi
import yaml

from components import stack
from components.github import repository
from fakes.github.program import Declare
from fakes.github.simulator import Simulator
from slipway.settings import load
from slipway.settings.overrides import merged
from tests.unit.slipway.settings.sample import VALID, project

STACK: Final = "production"
KEY: Final = "-----BEGIN KEY-----correct horse-----END KEY-----"
HOOK: Final = "https://hooks.example.org/battery-staple"
TOKEN: Final = "ADMIN_TOKEN"

EVERYTHING: Final[dict[str, Any]] = yaml.safe_load(
    f"""
promote_from: staging
secrets: {{DEPLOY_SSH_KEY: "{KEY}", SLACK_WEBHOOK: "{HOOK}"}}
workflows: {{ci: {{python: {{}}}}, deploy: {{organization: acme}}, notify: [slack]}}
github:
  owner: acme
  repository: shop
  token: {TOKEN}
  write_delay: 0s
  manage: repository
  environment:
    reviewers: {{users: [ada], teams: [operators]}}
    secrets: [DEPLOY_SSH_KEY]
    variables: {{DEPLOY_HOST: 203.0.113.21}}
  branches: {{main: {{deployed_to: [staging]}}, develop: {{approvals: 1}}}}
  tags: {{creators: {{teams: [operators]}}}}
  secrets: [SLACK_WEBHOOK]
  variables: {{DOMAIN: example.org}}
  workflow_branch: slipway
"""
)
"""One of each thing that a stack can own at GitHub."""

Wanted = Callable[..., Declare]


def prepared(simulator: Simulator, folder: Path) -> Wanted:
    """Programs that declare what the configuration wants, with texts of YAML laid over it."""
    folder = project(folder / "project")
    branches = simulator.repository.branches
    branches.refs["heads/slipway"] = branches.refs["heads/main"]

    def declare(*changes: str, token: str = simulator.token.text) -> Declare:
        own = {"secrets": {TOKEN: token}, "github": {"url": simulator.base_url}}
        values: Any = VALID
        for layer in (EVERYTHING, own, *map(yaml.safe_load, changes)):
            values = merged(values, layer)
        settings = load(STACK, values, folder)
        chosen = settings.github
        assert chosen

        def program(_: pulumi.ResourceOptions) -> None:
            with stack.plain_errors():
                repository.declare(
                    settings, chosen, STACK, stack.outputs(stack.resources(pulumi.get_stack()))
                )

        return program

    return declare
