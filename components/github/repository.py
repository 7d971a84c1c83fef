"""What the stack manages at GitHub: observe, plan, declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.github.environment import GithubEnvironment
from components.github.protection import BranchProtection, ReleaseTags
from components.github.provider import ReadRequests, provider
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
"""The outputs of the stack's resources, by the name of the resource."""


def declare(
    settings: Settings, chosen: Github, environment: str, state: State
) -> list[pulumi.Resource]:
    """Observe GitHub, check the settings in `chosen`, and declare the resources.

    Raises SettingsError with everything that would fail later, before anything is written.
    """
    return Repository(settings, chosen, environment, state).declare()


class Repository:
    """The settings for the repository, what exists at GitHub, and the plan."""

    def __init__(self, settings: Settings, chosen: Github, environment: str, state: State) -> None:
        self.settings, self.chosen, self.environment = settings, chosen, environment
        self.files = files(settings) if chosen.workflow_branch else {}
        through = provider(settings, chosen)
        self.state = state
        self.found = observe(ReadRequests(through), chosen, environment, self.files)
        self.plan = plan(settings, chosen, environment, self.found, self.state)
        self.opts = pulumi.ResourceOptions(providers=[through])

    def declare(self) -> list[pulumi.Resource]:
        """The environment, and in the stack that manages the repository everything else."""
        declared: list[pulumi.Resource] = []
        if self.chosen.owns_repository:
            declared += self._workflow_files()
            if self.chosen.protects:
                declared += self._protection(declared)
            declared.append(self._secrets(None, self.chosen, self.found.repository.secrets))
        return declared + self._environment()

    def _workflow_files(self) -> list[pulumi.Resource]:
        if not self.chosen.workflow_branch:
            return []
        written = WorkflowFiles(
            f"{REPOSITORY}-workflows",
            {
                "repository": self.chosen.repository,
                "branch": self.chosen.workflow_branch,
                "files": self.files,
            },
            self.opts,
        )
        return [written]

    def _protection(self, files: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        repository, plan = self.chosen.repository, self.plan
        # This update may add the rules for the branch that the files are committed to.
        after = pulumi.ResourceOptions(depends_on=list(files))
        branches = BranchProtection(
            f"{REPOSITORY}-branches",
            {
                "repository": repository,
                "node_id": self.found.repository.node_id,
                "branches": plan.branches,
                "existing": plan.taken,
            },
            pulumi.ResourceOptions.merge(self.opts, after),
        )
        tags = ReleaseTags(
            f"{REPOSITORY}-tags",
            {
                "repository": repository,
                "patterns": plan.tags,
                "creators": plan.creators,
                "existing": plan.taken,
            },
            self.opts,
        )
        return [branches, tags]

    def _environment(self) -> list[pulumi.Resource]:
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
            self.opts,
        )
        if self.plan.foreign:
            pulumi.log.warn(
                f"GitHub allows deployments from {', '.join(self.plan.foreign)} to {name}, which is"
                " not configured. Remove it in the environment's settings, or configure it.",
                made,
            )
        # The key of an existing environment is known, even while it is written again.
        after = [] if found else [made.resource]
        return [made, self._secrets(name, wanted, found.secrets if found else {}, after)]

    def _secrets(
        self,
        environment: str | None,
        wanted: Github | EnvironmentSettings,
        found: Mapping[str, str],
        after: Sequence[pulumi.Resource] = (),
    ) -> Secrets:
        scope = environment or REPOSITORY
        component = f"{scope}-secrets"
        written = {name: self.state.get(names.secret(scope, name)) for name in wanted.secrets}
        ours = {name: each.get("updatedAt", "") for name, each in written.items() if each}
        return Secrets(
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
            self.opts,
        )
