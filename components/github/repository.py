"""What the stack owns at GitHub, from the questions to the resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.github.environment import GithubEnvironment
from components.github.protection import BranchProtection, ReleaseTags
from components.github.provider import Questions, provider
from components.github.secrets import Secrets
from components.github.workflows import WorkflowFiles
from slipway.ci.files import files
from slipway.github import drift, names
from slipway.github.names import REPOSITORY
from slipway.github.observe import observe
from slipway.github.plan import plan
from slipway.settings import Settings
from slipway.settings.github import Github
from slipway.settings.github import GithubEnvironment as EnvironmentSettings

State = Mapping[str, Mapping[str, Any]]
"""What each of the stack's resources has put out, by its name."""


def declare(settings: Settings, chosen: Github, environment: str, state: State) -> None:
    """Declare what is `chosen`, once GitHub was asked and nothing speaks against it.

    Raises SettingsError with all that would fail later, before anything is written.
    """
    Repository(settings, chosen, environment, state).declare()


class Repository:
    """The repository as this stack wants it, beside what GitHub and the stack's state have."""

    def __init__(self, settings: Settings, chosen: Github, environment: str, state: State) -> None:
        self.settings, self.chosen, self.environment = settings, chosen, environment
        self.files = files(settings) if chosen.workflow_branch else {}
        asked = provider(settings, chosen)
        self.state = state
        self.found = observe(Questions(asked), chosen, environment, self.files)
        self.plan = plan(settings, chosen, environment, self.found, self.state)
        self.through = pulumi.ResourceOptions(providers=[asked])

    def declare(self) -> None:
        """The environment, and in the stack that owns it everything else."""
        if self.chosen.owns_repository:
            self._protection()
            self._secrets(None, self.chosen, self.found.repository.secrets)
        self._environment()

    def _protection(self) -> None:
        repository, plan = self.chosen.repository, self.plan
        opts = self.through
        if self.chosen.workflow_branch:
            written = WorkflowFiles(
                f"{REPOSITORY}-workflows",
                {
                    "repository": repository,
                    "branch": self.chosen.workflow_branch,
                    "files": self.files,
                },
                self.through,
            )
            # The branch may come under the rules with this very update.
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[written]))
        BranchProtection(
            f"{REPOSITORY}-branches",
            {
                "repository": repository,
                "node_id": self.found.repository.node_id,
                "branches": plan.branches,
                "existing": plan.taken,
            },
            opts,
        )
        ReleaseTags(
            f"{REPOSITORY}-tags",
            {
                "repository": repository,
                "patterns": plan.tags,
                "creators": plan.creators,
                "existing": plan.taken,
            },
            self.through,
        )

    def _environment(self) -> None:
        name, found, wanted = self.environment, self.found.environment, self.chosen.environment
        component = f"{name}-github"
        generation = self.state.get(component, {}).get("generation", 0)
        if names.environment(name) in self.state:
            generation = drift.environment_generation(generation, self.plan.reviewers, found)
        made = GithubEnvironment(
            component,
            {
                "repository": self.chosen.repository,
                "environment": name,
                "rules": self.plan.rules,
                "reviewers": self.plan.reviewers,
                "generation": generation,
                "existing": self.plan.taken,
            },
            self.through,
        )
        if self.plan.foreign:
            pulumi.log.warn(
                f"GitHub lets deployments from {', '.join(self.plan.foreign)} into {name}, which is"
                " not configured. Remove it in the environment's settings, or configure it.",
                made,
            )
        # What is there is not waited for: its key is known even while it is written again.
        after = [] if found else [made.resource]
        self._secrets(name, wanted, found.secrets if found else {}, after)

    def _secrets(
        self,
        environment: str | None,
        wanted: Github | EnvironmentSettings,
        found: Mapping[str, str],
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        scope = environment or REPOSITORY
        component = f"{scope}-secrets"
        written = {name: self.state.get(names.secret(scope, name)) for name in wanted.secrets}
        ours = {name: each.get("updatedAt", "") for name, each in written.items() if each}
        Secrets(
            component,
            {
                "repository": self.chosen.repository,
                "environment": environment,
                "secrets": self.settings.secret_values(wanted.secrets),
                "variables": wanted.variables,
                "after": after,
                "generations": drift.generations(
                    self.state.get(component, {}).get("generations", {}), ours, found
                ),
                "existing": self.plan.taken,
            },
            self.through,
        )
