"""Who may do what: a user's role, a classic token's scopes, a fine-grained one's permissions.

GitHub words a refusal by what the token may know: what it may not see is not there.
"""

from __future__ import annotations

from typing import Final

from fakes.github.call import NOT_FOUND, Call, Fault
from fakes.github.routes import Route

READS: Final = ("GET", "HEAD")

PERMISSIONS: Final = (
    ("/orgs/{org}/teams", "members", "members"),
    ("/orgs/{org}/repos", "administration", "administration"),
    ("/repos/{owner}/{repo}/actions/variables", "variables", "variables"),
    ("/repos/{owner}/{repo}/actions", "secrets", "secrets"),
    ("/repos/{owner}/{repo}/dependabot", "dependabot_secrets", "dependabot_secrets"),
    ("/repos/{owner}/{repo}/environments/{environment_name}/secrets", *["environments"] * 2),
    ("/repos/{owner}/{repo}/environments/{environment_name}/variables", *["environments"] * 2),
    ("/repos/{owner}/{repo}/environments", "actions", "administration"),
    ("/repos/{owner}/{repo}/deployments", "deployments", "deployments"),
    ("/repos/{owner}/{repo}/labels", "issues", "issues"),
    ("/repos/{owner}/{repo}/contents", "contents", "contents"),
    ("/repos/{owner}/{repo}/commits", "contents", "contents"),
    ("/repos/{owner}/{repo}/branches", "contents", "contents"),
    ("/repos/{owner}/{repo}/git", "contents", "contents"),
    ("/repos/{owner}/{repo}/releases", "contents", "contents"),
    ("/repos/{owner}/{repo}", "metadata", "administration"),
)
"""Beginning of a path → the permission for reading and the one for writing, from GitHub's list of
the permissions required for fine-grained personal access tokens."""

OF_WRITERS: Final = ("contents", "deployments", "issues")
"""Permissions for which a user needn't be an administrator."""

NOT_ACCESSIBLE: Final = "Resource not accessible by personal access token"


def authorize(route: Route, call: Call) -> None:
    """Raises Fault when the token's user, or the token, may not do it."""
    _check_role(route, call)
    if call.token.permissions is None:
        _check_scopes(route, call)
    elif wanted := needed(route):
        name, level = wanted
        if not call.token.grants(name, level):
            raise Fault(403, NOT_ACCESSIBLE)


def needed(route: Route) -> tuple[str, str] | None:
    """The permission that a fine-grained token needs, and its level; None when it needs none."""
    for beginning, reading, writing in PERMISSIONS:
        if f"{route.template}/".startswith(f"{beginning}/"):
            reads = route.method in READS
            return (reading, "read") if reads else (writing, "write")
    return None


def headers(route: Route, call: Call) -> dict[str, str]:
    """The headers in every answer about the scopes or the permission that the call needs."""
    if call.token.permissions is None:
        return {"X-Accepted-OAuth-Scopes": ", ".join(route.scopes)}
    wanted = needed(route)
    return {"X-Accepted-GitHub-Permissions": "=".join(wanted)} if wanted else {}


def _check_role(route: Route, call: Call) -> None:
    wanted = needed(route)
    if "repo" not in call.path or not wanted or route.method in READS:
        return
    role = "push" if wanted[0] in OF_WRITERS else "admin"
    if not call.repository.may(call.token.user, role):
        raise Fault(403, f"Must have {role} rights to Repository.")


def _check_scopes(route: Route, call: Call) -> None:
    if call.token.allows(route.scopes):
        return
    public = "repo" in call.path and not call.repository.private
    if public and call.token.allows(("public_repo",)):
        return
    if public and route.method not in READS:
        raise Fault(403, "Must have admin rights to Repository.")
    if not public:
        raise Fault(404, NOT_FOUND)
