"""Repositories and their settings."""

from __future__ import annotations

from typing import Any, Final

from fakes.github.call import NOT_FOUND, Answer, Call, Fault, invalid
from fakes.github.rest.accounts import account
from fakes.github.routes import Routes
from fakes.github.state import Organization, Repository
from fakes.github.state.identity import written

routes = Routes()

ONE: Final = "/repos/{owner}/{repo}"

LINKS: Final = {
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "contributors_url": "contributors",
    "deployments_url": "deployments",
    "downloads_url": "downloads",
    "events_url": "events",
    "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "hooks_url": "hooks",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "languages_url": "languages",
    "merges_url": "merges",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "stargazers_url": "stargazers",
    "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "tags_url": "tags",
    "teams_url": "teams",
    "trees_url": "git/trees{/sha}",
}

DEFAULTS: Final[dict[str, Any]] = {
    "description": None,
    "homepage": None,
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_discussions": False,
    "is_template": False,
    "archived": False,
    "allow_merge_commit": True,
    "allow_squash_merge": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "allow_update_branch": False,
    "allow_forking": True,
    "delete_branch_on_merge": False,
    "web_commit_signoff_required": False,
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "merge_commit_title": "MERGE_MESSAGE",
    "merge_commit_message": "PR_TITLE",
}
"""What a new repository has."""

COUNTS: Final = (
    *("forks", "forks_count", "network_count", "open_issues", "open_issues_count"),
    *("size", "stargazers_count", "subscribers_count", "watchers", "watchers_count"),
)
FIXED: Final = {
    "fork": False,
    "has_pages": False,
    "has_downloads": False,
    "disabled": False,
    "language": None,
    "license": None,
    "mirror_url": None,
}


def rendered(call: Call, shown: Repository) -> dict[str, Any]:
    """A whole repository, as the token's user sees it."""
    url = f"{call.api}/repos/{shown.full_name}"
    html = f"{call.address}/{shown.full_name}"
    return {
        **shown.marks(),
        "name": shown.name,
        "full_name": shown.full_name,
        "owner": account(call, shown.owner),
        "private": shown.private,
        "visibility": "private" if shown.private else "public",
        "default_branch": shown.default_branch,
        "topics": shown.topics,
        "permissions": shown.permissions(call.token.user),
        "pushed_at": written(shown.updated_at),
        "url": url,
        "html_url": html,
        "clone_url": f"{html}.git",
        "git_url": f"git:{html.partition(':')[2]}.git",
        "ssh_url": f"git@github:{shown.full_name}.git",
        "svn_url": html,
        **{name: f"{url}/{path}" for name, path in LINKS.items()},
        **dict.fromkeys(COUNTS, 0),
        **FIXED,
        **DEFAULTS,
        **shown.settings,
    }


@routes("POST", "/orgs/{org}/repos", "repo")
def create(call: Call) -> Answer:
    owner = call.github.accounts.get(call.path["org"].lower())
    if not isinstance(owner, Organization):
        raise Fault(404, NOT_FOUND)
    if call.github.find(owner.login, call.body["name"]):
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    private = call.body.get("private", call.body.get("visibility") == "private")
    created = call.github.repository(owner, call.body["name"], private=private)
    _set(created, call.body)
    return Answer(201, rendered(call, created))


@routes("GET", ONE, "repo")
def show(call: Call) -> Answer:
    return Answer(200, rendered(call, call.repository))


@routes("PATCH", ONE, "repo")
def change(call: Call) -> Answer:
    repository = call.repository
    branch = call.body.get("default_branch", repository.default_branch)
    if f"heads/{branch}" not in repository.branches.refs:
        raise invalid("Repository", "default_branch")
    repository.default_branch = branch
    if "visibility" in call.body or "private" in call.body:
        repository.private = call.body.get("private", call.body.get("visibility") == "private")
    _set(repository, call.body)
    repository.touch()
    return Answer(200, rendered(call, repository))


@routes("DELETE", ONE, "delete_repo")
def delete(call: Call) -> Answer:
    del call.github.repositories[call.repository.full_name.lower()]
    return Answer(204)


@routes("GET", f"{ONE}/topics", "repo")
def topics(call: Call) -> Answer:
    return Answer(200, {"names": call.repository.topics})


@routes("PUT", f"{ONE}/topics", "repo")
def set_topics(call: Call) -> Answer:
    call.repository.topics = call.body["names"]
    return topics(call)


def _set(repository: Repository, body: dict[str, Any]) -> None:
    repository.settings |= {name: body[name] for name in DEFAULTS if name in body}
