"""Questions to GitHub. They change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from slipway.errors import SlipwayError

PER_PAGE: Final = 100  # GitHub's limit
PAGES: Final = 50  # what has more than 5,000 entries is not read to its end


@dataclass(frozen=True)
class Answer:
    """An answer that says what there is, or (404) that there is nothing."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: Any

    @property
    def found(self) -> bool:
        """Whether there is something."""
        return self.status == 200


class Reader(Protocol):
    """Where the answers come from."""

    def get(self, path: str) -> Answer:
        """The REST API's answer; `path` has no leading slash.

        Raises SlipwayError for all but 200 and 404.
        """

    def protected(self, repository: str) -> Iterable[str]:
        """The patterns of the protected branches, which only the GraphQL API knows."""


def entries(reader: Reader, path: str, key: str | None = None) -> Iterator[Any]:
    """All entries of a list, under `key` if the answer is an object; none for a 404.

    Raises SlipwayError for a list of more than 5,000.
    """
    for page in range(1, PAGES + 1):
        answer = reader.get(f"{path}?per_page={PER_PAGE}&page={page}")
        found = (answer.body if key is None else answer.body[key]) if answer.found else []
        yield from found
        if len(found) < PER_PAGE:
            return
    raise SlipwayError(
        f"has more than {PER_PAGE * PAGES} entries",
        where=path,
        remedy="Remove what is not used any more.",
    )
