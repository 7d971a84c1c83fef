"""Users and organizations."""

from __future__ import annotations

from typing import Any

from fakes.github.call import NOT_FOUND, Answer, Call, Fault
from fakes.github.routes import Routes
from fakes.github.state import Organization, User
from fakes.github.state.identity import written

routes = Routes()


def account(call: Call, shown: User | Organization) -> dict[str, Any]:
    """An account the way it stands inside other answers."""
    url = f"{call.api}/users/{shown.login}"
    return {
        "login": shown.login,
        "id": shown.id,
        "node_id": shown.node_id,
        "avatar_url": f"{call.address}/avatars/u/{shown.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{call.address}/{shown.login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": shown.KIND,
        "site_admin": False,
    }


@routes("GET", "/user")
def me(call: Call) -> Answer:
    return Answer(200, _whole_user(call, call.token.user))


@routes("GET", "/users/{username}")
def user(call: Call) -> Answer:
    return Answer(200, _whole_user(call, _user(call)))


@routes("GET", "/users/{username}/keys")
def ssh_keys(call: Call) -> Answer:
    _user(call)
    return call.page([])


@routes("GET", "/users/{username}/gpg_keys")
def gpg_keys(call: Call) -> Answer:
    _user(call)
    return call.page([])


@routes("GET", "/orgs/{org}")
def organization(call: Call) -> Answer:
    shown = organization_of(call)
    url = f"{call.api}/orgs/{shown.login}"
    addresses = {
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
    }
    features = {"has_organization_projects": True, "has_repository_projects": True}
    rest = {"name": shown.name, "description": None, "archived_at": None}
    whole = {**account(call, shown), **_profile(call, shown), "url": url}
    return Answer(200, {**whole, **addresses, **features, **rest})


def _whole_user(call: Call, shown: User) -> dict[str, Any]:
    unset = ("bio", "blog", "company", "email", "hireable", "location")
    return {
        **account(call, shown),
        "name": shown.name,
        **dict.fromkeys(unset),
        **_profile(call, shown),
    }


def _profile(call: Call, shown: User | Organization) -> dict[str, Any]:
    owned = [r for r in call.github.repositories.values() if r.owner is shown and not r.private]
    return {
        "public_repos": len(owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": written(shown.created_at),
        "updated_at": written(shown.updated_at),
    }


def _user(call: Call) -> User:
    found = call.github.accounts.get(call.path["username"].lower())
    if not isinstance(found, User):
        raise Fault(404, NOT_FOUND)
    return found


def organization_of(call: Call) -> Organization:
    """The one that the path names. Raises Fault when there is none."""
    found = call.github.accounts.get(call.path["org"].lower())
    if not isinstance(found, Organization):
        raise Fault(404, NOT_FOUND)
    return found
