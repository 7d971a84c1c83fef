"""The provider for GitHub, read requests through it, and the import of what exists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import pulumi
import pulumi_github as github

from slipway.errors import SlipwayError
from slipway.github.api import Response
from slipway.github.checks import PERMISSIONS
from slipway.github.existing import Existing
from slipway.settings import Settings
from slipway.settings.github import Github

REMEDIES: Final = {
    "Upgrade to GitHub": (
        "The repository's plan has neither protected branches nor rulesets: set `protection: false`"
        " in slipway:github, or upgrade the plan."
    ),
    " 401 ": "Set a token that is valid: `token` in slipway:github, or the variable GITHUB_TOKEN.",
    " 403 ": PERMISSIONS,
}
TRY_LATER: Final = "Try again later, and see githubstatus.com."


def provider(settings: Settings, chosen: Github) -> github.Provider:
    """GitHub with the stack's token. The provider waits for rate limits and retries on 5xx."""
    token = settings.secret_values([chosen.token])[chosen.token] if chosen.token else None
    return github.Provider(
        "github",
        base_url=chosen.url,
        owner=chosen.owner,
        token=pulumi.Output.secret(token) if token else None,
        write_delay_ms=round(chosen.write_delay * 1000),
        parallel_requests=chosen.write_delay == 0,
    )


class ReadRequests:
    """Read requests through the provider, with its token, retries and limits."""

    def __init__(self, asked: github.Provider) -> None:
        self._options = pulumi.InvokeOptions(provider=asked)

    def get(self, path: str) -> Response:
        with _refusals(path):
            found = github.get_rest_api(path, opts=self._options)
        headers: Mapping[str, list[str]] = json.loads(found.headers)
        return Response(
            status=found.code,
            headers={name.lower(): ", ".join(values) for name, values in headers.items()},
            body=json.loads(found.body) if found.body else None,
        )

    def protected(self, repository: str) -> Iterable[str]:
        with _refusals(f"{repository}: branch protection"):
            found = github.get_branch_protection_rules(repository, opts=self._options)
        return [rule.pattern for rule in found.rules]


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """A request that GitHub refuses is an error with a remedy."""
    try:
        yield
    except Exception as error:  # the SDK raises nothing narrower
        if "invoke of " not in str(error):
            raise
        reason = " ".join(str(error).split()).rpartition("* ")[2].removesuffix(" []")
        remedy = next((text for sign, text in REMEDIES.items() if sign in reason), TRY_LATER)
        raise SlipwayError(f"no answer: {reason}", where=f"GitHub: {what}", remedy=remedy) from None


def importing(
    existing: Existing, name: str, opts: pulumi.ResourceOptions
) -> pulumi.ResourceOptions:
    """Import what exists without changing it; the next update shows the differences."""
    if name not in existing:
        return opts
    imported = pulumi.ResourceOptions(import_=existing[name], ignore_changes=["*"])
    return pulumi.ResourceOptions.merge(opts, imported)
