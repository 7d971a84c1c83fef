"""An engine of the imagination: containers that tests change, and their logs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from slipway.agent.docker import Engine


class Containers(Engine):
    """Containers by name, as the real engine describes them."""

    def __init__(self, *names: str, environment: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.found: dict[str, dict[str, Any]] = {
            name: {
                "Name": f"/{name}",
                "RestartCount": 0,
                "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2020-01-01T00:00:00Z"},
                "Config": {"Env": environment, "Labels": {"slipway.secrets": "TOKEN"}},
                "HostConfig": {"NanoCpus": 0},
            }
            for name in names
        }
        self.lines: dict[str, list[tuple[float, str]]] = {name: [] for name in names}
        self.used: dict[str, float] = dict.fromkeys(names, 0.0)  # processor seconds

    def say(self, name: str, line: str, moment: float) -> None:
        """Log a line at `moment`, in seconds since the epoch."""
        self.lines[name].append((moment, line))

    def inspect(self, container: str) -> dict[str, Any] | None:
        return self.found.get(container)

    def logs(self, container: str, lines: int, since: float | None = None) -> list[str]:
        late = [each for each in self.lines[container] if since is None or each[0] >= since][
            -lines:
        ]
        if since is None:
            return [line for _, line in late]
        return [
            f"{datetime.fromtimestamp(moment, UTC).isoformat()} {line}" for moment, line in late
        ]

    def get(self, path: str, **query: Any) -> Any:
        name = path.split("/")[2]
        usage = {"total_usage": self.used[name] * 1e9}
        return {"cpu_stats": {"cpu_usage": usage, "online_cpus": 2}}
