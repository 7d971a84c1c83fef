"""Rate limits and failures of GitHub, here when a test asks for them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from fakes.github.call import Fault

HOUR: Final = 3600.0
PER_HOUR: Final = 5000
"""Requests that GitHub allows a user's token in an hour."""

ABOUT_LIMITS: Final = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
PRIMARY: Final = "API rate limit exceeded for user ID {user}."
SECONDARY: Final = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
SERVER_ERROR: Final = 500


@dataclass
class Limits:
    """The primary limit; all tokens share it, since one user has them."""

    limit: int = PER_HOUR
    remaining: int = PER_HOUR
    reset: float = field(default_factory=lambda: time.time() + HOUR)
    _closed: float = field(default=0.0, init=False)  # seconds, from the next request on

    def exhaust(self, seconds: float) -> None:
        """Refuse every request for so many seconds from the next one on, as after 5000 requests."""
        self.remaining, self._closed = 0, seconds

    def take(self, user: int) -> None:
        """Count one request. Raises Fault when none is left."""
        if self._closed:
            self.reset, self._closed = time.time() + self._closed, 0.0
        if time.time() >= self.reset:
            self.remaining, self.reset = self.limit, time.time() + HOUR
        if self.remaining <= 0:
            raise Fault(403, PRIMARY.format(user=user), documentation=ABOUT_LIMITS)
        self.remaining -= 1

    def headers(self) -> dict[str, str]:
        """The headers about the limit in every answer."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.limit - self.remaining),
            "X-RateLimit-Reset": str(int(self.reset) + 1),
            "X-RateLimit-Resource": "core",
        }


@dataclass
class Failure:
    """An answer that the next matching requests get; a `path` matches what contains it."""

    status: int
    times: int
    method: str = ""
    path: str = ""
    retry_after: int | None = None

    def concerns(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and self.path in path

    def raised(self) -> Fault:
        """The next one of them."""
        self.times -= 1
        if self.retry_after is not None:
            waits = {"Retry-After": str(self.retry_after)}
            about = f"{ABOUT_LIMITS}#about-secondary-rate-limits"
            return Fault(self.status, SECONDARY, documentation=about, headers=waits)
        message = "Server Error" if self.status >= SERVER_ERROR else "Forbidden"
        return Fault(self.status, message)
