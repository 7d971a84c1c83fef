"""Where the agent and its files are on a server, relative to the deploy user's home."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.protocol.requests import Target
from slipway.rollout.step import Step

ROOT = ".slipway"
WATCH = "watch"  # `agent watch APPLICATION ENVIRONMENT` is the watchdog
INSTALL = "install"  # `agent install APPLICATION ENVIRONMENT` writes its line into the crontab


@dataclass(frozen=True)
class Installation:
    """One application's environment, on each of its servers.

    Each environment has its own agent, so that programs of different versions can share a server.
    """

    application: str
    environment: str

    @classmethod
    def of(cls, target: Target) -> Installation:
        """The one that a request is for."""
        return cls(target.application, target.environment)

    @property
    def folder(self) -> str:
        return f"{ROOT}/{self.application}/{self.environment}"

    @property
    def agent(self) -> str:
        """The folder of the current agent, which `python3` runs."""
        return f"{self.folder}/agent"

    @property
    def noted_life(self) -> str:
        """The file with the life of the server at the time when the agent was installed."""
        return f"{self.folder}/installed"

    @property
    def mark(self) -> str:
        """The comment that marks this environment's line in the crontab."""
        return f"# slipway {self.application}/{self.environment}"

    @property
    def crontab_line(self) -> str:
        """The line that starts the watchdog after a boot."""
        watch = f"{WATCH} {self.application} {self.environment}"
        return f"@reboot python3 $HOME/{self.agent} {watch} {self.mark}"

    @property
    def install_command(self) -> str:
        """The shell command that has cron start the watchdog."""
        return f"python3 {self.agent} {INSTALL} {self.application} {self.environment}"

    def command(self, step: Step) -> str:
        """The shell command for one step; the request goes to its standard input."""
        return f"python3 {self.agent} {step}"

    def target(self, server: str) -> Target:
        return Target(self.application, self.environment, server)
