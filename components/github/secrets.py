"""Secrets and variables of GitHub's workflows, of the repository or of an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_github as github

from components.github.provider import importing
from slipway.github import names
from slipway.github.encryption import encrypt
from slipway.github.existing import Existing


class SecretsArgs(TypedDict):
    """The secrets and variables of one scope."""

    repository: str
    """Name of the repository, without its owner."""
    environment: str | None
    """Name of the environment; None: the scope is the repository."""
    secrets: Mapping[str, str]
    """Values by name, in plain text; they are encrypted here."""
    variables: Mapping[str, str]
    """Values by name."""
    after: Sequence[pulumi.Resource]
    """What must exist first: an environment that this update creates."""
    generations: Mapping[str, int]
    """By secret; a new number writes it again with the same value."""
    existing: Existing
    """What exists at GitHub and is imported. Secrets are overwritten, because none can be read."""


class Secrets(pulumi.ComponentResource):
    """The state contains secrets only encrypted with GitHub's public key."""

    generations: pulumi.Output[Mapping[str, int]]

    def __init__(
        self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Secrets", name, None, opts)
        key = self._public_key(args) if args["secrets"] else None
        for secret, value in args["secrets"].items():
            self._secret(secret, value, key, args)
        for variable, value in args["variables"].items():
            self._variable(variable, value, args)
        self.generations = pulumi.Output.from_input(args["generations"])
        self.register_outputs({"generations": self.generations})

    def _public_key(self, args: SecretsArgs) -> pulumi.Output[Any]:
        """The key to encrypt with; unknown in a preview that would create the environment."""
        opts = pulumi.InvokeOutputOptions(parent=self, depends_on=args["after"])
        repository, environment = args["repository"], args["environment"]
        if environment is None:
            return github.get_actions_public_key_output(repository=repository, opts=opts)
        return github.get_actions_environment_public_key_output(
            repository=repository, environment=environment, opts=opts
        )

    def _secret(self, name: str, value: str, key: Any, args: SecretsArgs) -> None:
        environment = args["environment"]
        context = f"{name} {args['generations'].get(name, 0)}"
        given: dict[str, Any] = {
            "repository": args["repository"],
            "secret_name": name,
            "key_id": key.apply(lambda found: found.key_id),
            "value_encrypted": key.apply(lambda found: encrypt(value, found.key, context)),
            "opts": pulumi.ResourceOptions(parent=self, depends_on=args["after"]),
        }
        if environment is None:
            github.ActionsSecret(names.secret(names.REPOSITORY, name), **given)
        else:
            resource = names.secret(environment, name)
            github.ActionsEnvironmentSecret(resource, environment=environment, **given)

    def _variable(self, name: str, value: str, args: SecretsArgs) -> None:
        environment = args["environment"]
        resource = names.variable(environment or names.REPOSITORY, name)
        opts = pulumi.ResourceOptions(parent=self, depends_on=args["after"])
        given: dict[str, Any] = {
            "repository": args["repository"],
            "variable_name": name,
            "value": value,
            "opts": importing(args["existing"], resource, opts),
        }
        if environment is None:
            github.ActionsVariable(resource, **given)
        else:
            github.ActionsEnvironmentVariable(resource, environment=environment, **given)
