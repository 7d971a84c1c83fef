"""Teams of an organization."""

from __future__ import annotations

from typing import Any

from fakes.github.call import NOT_FOUND, Answer, Call, Fault
from fakes.github.rest.accounts import account, organization, organization_of
from fakes.github.routes import Routes
from fakes.github.state import Team

routes = Routes()

ANYTHING_OF_AN_ORGANIZATION = ("admin:org", "read:org", "write:org")


def rendered(call: Call, shown: Team) -> dict[str, Any]:
    """A team the way it stands inside other answers."""
    url = f"{call.api}/organizations/{shown.organization.id}/team/{shown.id}"
    return {
        "id": shown.id,
        "node_id": shown.node_id,
        "name": shown.slug,
        "slug": shown.slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "url": url,
        "html_url": f"{call.address}/orgs/{shown.organization.login}/teams/{shown.slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": shown.organization.id,
        "parent": None,
    }


@routes("GET", "/orgs/{org}/teams", *ANYTHING_OF_AN_ORGANIZATION)
def listed(call: Call) -> Answer:
    return call.page([rendered(call, each) for each in organization_of(call).teams.values()])


@routes("GET", "/orgs/{org}/teams/{team_slug}", *ANYTHING_OF_AN_ORGANIZATION)
def show(call: Call) -> Answer:
    shown = _team(call)
    counts = {"members_count": len(shown.members), "repos_count": 0}
    times = {k: v for k, v in shown.marks().items() if k.endswith("_at")}
    belongs = organization(call).body
    return Answer(200, {**rendered(call, shown), **counts, **times, "organization": belongs})


@routes("GET", "/orgs/{org}/teams/{team_slug}/members", *ANYTHING_OF_AN_ORGANIZATION)
def members(call: Call) -> Answer:
    return call.page([account(call, each) for each in _team(call).members])


@routes("GET", "/orgs/{org}/teams/{team_slug}/repos", *ANYTHING_OF_AN_ORGANIZATION)
def repositories(call: Call) -> Answer:
    _team(call)
    return call.page([])


def _team(call: Call) -> Team:
    found = organization_of(call).teams.get(call.path["team_slug"].lower())
    if not found:
        raise Fault(404, NOT_FOUND)
    return found
