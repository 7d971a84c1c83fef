"""Commits."""

from __future__ import annotations

from typing import Any

from fakes.github.call import Answer, Call, Fault
from fakes.github.routes import Routes
from fakes.github.state import Commit
from fakes.github.state.identity import written

routes = Routes()

REPOSITORY = "/repos/{owner}/{repo}"


def rendered(call: Call, shown: Commit) -> dict[str, Any]:
    """A commit with Git's own part inside."""
    url = f"{call.repository_url}/commits/{shown.sha}"
    return {
        "sha": shown.sha,
        "node_id": f"C_{shown.sha}",
        "url": url,
        "html_url": f"{call.address}/{call.repository.full_name}/commit/{shown.sha}",
        "comments_url": f"{url}/comments",
        "commit": {**git(call, shown), "comment_count": 0},
        "author": None,
        "committer": None,
        "parents": parents(call, shown),
    }


def git(call: Call, shown: Commit) -> dict[str, Any]:
    """What Git itself knows of a commit."""
    url = f"{call.repository_url}/git"
    unsigned = {"payload": None, "signature": None, "verified_at": None}
    return {
        "url": f"{url}/commits/{shown.sha}",
        "author": _person(shown, shown.author),
        "committer": _person(shown, shown.committer),
        "message": shown.message,
        "tree": {"sha": shown.tree, "url": f"{url}/trees/{shown.tree}"},
        "verification": {"verified": False, "reason": "unsigned", **unsigned},
    }


def parents(call: Call, shown: Commit) -> list[dict[str, str]]:
    """The commits before this one."""
    html = f"{call.address}/{call.repository.full_name}/commit"
    return [
        {"sha": sha, "url": f"{call.repository_url}/commits/{sha}", "html_url": f"{html}/{sha}"}
        for sha in shown.parents
    ]


def commit_of(call: Call, ref: str) -> Commit:
    """Raises Fault when nothing has this name."""
    found = call.repository.branches.resolve(ref)
    if not found:
        raise Fault(404, f"No commit found for the ref {ref}")
    return found


@routes("GET", f"{REPOSITORY}/commits", "repo")
def commits(call: Call) -> Answer:
    start = commit_of(call, call.query.get("sha", call.repository.default_branch))
    history = list(call.repository.branches.history(start))
    if path := call.query.get("path"):
        before = [*history[1:], None]
        history = [
            commit
            for commit, parent in zip(history, before, strict=True)
            if commit.files.get(path) != (parent.files.get(path) if parent else None)
        ]
    return call.page([rendered(call, each) for each in history])


@routes("GET", f"{REPOSITORY}/commits/{{ref}}", "repo")
def commit(call: Call) -> Answer:
    return Answer(200, rendered(call, commit_of(call, call.path["ref"])))


def _person(shown: Commit, who: tuple[str, str]) -> dict[str, str]:
    name, email = who
    return {"name": name, "email": email, "date": written(shown.at)}
