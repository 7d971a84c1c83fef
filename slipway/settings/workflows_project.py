"""What the workflows depend on: a few of the settings, none of them a secret or a server's."""

from __future__ import annotations

from typing import Protocol

from slipway.settings.application import Application
from slipway.settings.registry import Registry
from slipway.settings.workflows import Workflows


class Project(Protocol):
    """Settings, or the part of them that a stack's files give without Pulumi and its secrets."""

    @property
    def application(self) -> Application:
        """What is deployed."""

    @property
    def registry(self) -> Registry:
        """Where its images are."""

    @property
    def workflows(self) -> Workflows | None:
        """The workflows, if there are any."""
