"""Workflow files, committed to a branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_github as github

from slipway.github import names


class WorkflowFilesArgs(TypedDict):
    """Files and where they are committed."""

    repository: str
    """Name of the repository, without its owner."""
    branch: str
    """An existing branch that the token may push to."""
    files: Mapping[str, str]
    """Texts by path."""


class WorkflowFiles(pulumi.ComponentResource):
    """One commit for each file that changes."""

    paths: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: WorkflowFilesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:WorkflowFiles", name, None, opts)
        before: list[pulumi.Resource] = []
        for path, text in args["files"].items():
            committed = github.RepositoryFile(
                names.file(path),
                repository=args["repository"],
                branch=args["branch"],
                file=path,
                content=text,
                commit_message=f"{path} as the configuration has it",
                # A file that exists and is not in the state was rejected before.
                overwrite_on_create=True,
                # One after the other: GitHub rejects concurrent commits.
                opts=pulumi.ResourceOptions(parent=self, depends_on=before),
            )
            before = [committed]
        self.paths = pulumi.Output.from_input(list(args["files"]))
        self.register_outputs({"paths": self.paths})
