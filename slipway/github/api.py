"""Read-only requests to GitHub's API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from slipway.errors import SlipwayError

PER_PAGE: Final = 100  # GitHub's limit
PAGES: Final = 50  # a list of more than 5,000 entries is an error


@dataclass(frozen=True)
class Response:
    """A response: 200 with what exists, or 404 where nothing does."""

    status: int
    headers: Mapping[str, str]
    """By name, in lower case."""
    body: Any

    @property
    def found(self) -> bool:
        """Whether the resource exists."""
        return self.status == 200


class Client(Protocol):
    """What sends the requests."""

    def get(self, path: str) -> Response:
        """The REST API's response to GET; `path` has no leading slash.

        Raises SlipwayError for all but 200 and 404.
        """

    def protected(self, repository: str) -> Iterable[str]:
        """The patterns of the protected branches, which only the GraphQL API has."""


def entries(client: Client, path: str, key: str | None = None) -> Iterator[Any]:
    """All entries of a list, under `key` if the response is an object; none for a 404.

    Raises SlipwayError for a list of more than 5,000.
    """
    for page in range(1, PAGES + 1):
        response = client.get(f"{path}?per_page={PER_PAGE}&page={page}")
        found = (response.body if key is None else response.body[key]) if response.found else []
        yield from found
        if len(found) < PER_PAGE:
            return
    raise SlipwayError(
        f"has more than {PER_PAGE * PAGES} entries",
        where=path,
        remedy="Remove unused entries.",
    )
