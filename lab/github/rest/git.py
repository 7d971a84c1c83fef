"""Branches, tags, refs and commits."""

from __future__ import annotations

from typing import Any

from lab.github.call import NOT_FOUND, Answer, Call, Fault
from lab.github.routes import Routes
from lab.github.state import Commit
from lab.github.state.identity import written

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


@routes("GET", f"{REPOSITORY}/branches", "repo")
def branches(call: Call) -> Answer:
    refs = call.repository.branches.refs
    names = [name.removeprefix("heads/") for name in sorted(refs) if name.startswith("heads/")]
    return call.page([{**_tip(call, name), "protected": _protected(call, name)} for name in names])


@routes("GET", f"{REPOSITORY}/branches/{{branch}}", "repo")
def branch(call: Call) -> Answer:
    name = call.path["branch"]
    sha = call.repository.branches.refs.get(f"heads/{name}")
    if not sha:
        raise Fault(404, "Branch not found")
    url = f"{call.repository_url}/branches/{name}"
    html = f"{call.address}/{call.repository.full_name}/tree/{name}"
    answer = {
        "name": name,
        "commit": rendered(call, call.repository.branches.commits[sha]),
        "_links": {"self": url, "html": html},
        "protected": _protected(call, name),
        "protection": {"enabled": _protected(call, name)},
        "protection_url": f"{url}/protection",
    }
    return Answer(200, answer)


@routes("GET", f"{REPOSITORY}/tags", "repo")
def tags(call: Call) -> Answer:
    refs = call.repository.branches.refs
    names = [name.removeprefix("tags/") for name in sorted(refs) if name.startswith("tags/")]
    url = call.repository_url
    return call.page(
        [
            {
                **_tip(call, name, "tags"),
                "node_id": f"REF_{name}",
                "zipball_url": f"{url}/zipball/refs/tags/{name}",
                "tarball_url": f"{url}/tarball/refs/tags/{name}",
            }
            for name in names
        ]
    )


@routes("GET", f"{REPOSITORY}/git/ref/{{ref}}", "repo")
def ref(call: Call) -> Answer:
    return Answer(200, _ref(call, _known(call)))


@routes("GET", f"{REPOSITORY}/git/matching-refs/{{ref}}", "repo")
def matching_refs(call: Call) -> Answer:
    found = [n for n in sorted(call.repository.branches.refs) if n.startswith(call.path["ref"])]
    return Answer(200, [_ref(call, name) for name in found])


@routes("POST", f"{REPOSITORY}/git/refs", "repo")
def create_ref(call: Call) -> Answer:
    name, branches = call.body["ref"].removeprefix("refs/"), call.repository.branches
    if call.body["sha"] not in branches.commits:
        raise Fault(422, "Object does not exist")
    if name in branches.refs:
        raise Fault(422, "Reference already exists")
    branches.refs[name] = call.body["sha"]
    return Answer(201, _ref(call, name))


@routes("PATCH", f"{REPOSITORY}/git/refs/{{ref}}", "repo")
def change_ref(call: Call) -> Answer:
    branches = call.repository.branches
    if call.body["sha"] not in branches.commits:
        raise Fault(422, "Object does not exist")
    branches.refs[_known(call)] = call.body["sha"]
    return Answer(200, _ref(call, _known(call)))


@routes("DELETE", f"{REPOSITORY}/git/refs/{{ref}}", "repo")
def delete_ref(call: Call) -> Answer:
    del call.repository.branches.refs[_known(call)]
    return Answer(204)


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


def _tip(call: Call, name: str, kind: str = "heads") -> dict[str, Any]:
    sha = call.repository.branches.refs[f"{kind}/{name}"]
    return {"name": name, "commit": {"sha": sha, "url": f"{call.repository_url}/commits/{sha}"}}


def _protected(call: Call, name: str) -> bool:
    return any(rule.covers(name) for rule in call.repository.protections)


def _known(call: Call) -> str:
    name = call.path["ref"].removeprefix("refs/")
    if name not in call.repository.branches.refs:
        raise Fault(404, NOT_FOUND)
    return name


def _ref(call: Call, name: str) -> dict[str, Any]:
    sha = call.repository.branches.refs[name]
    pointed = {"type": "commit", "sha": sha, "url": f"{call.repository_url}/git/commits/{sha}"}
    url = f"{call.repository_url}/git/refs/{name}"
    return {"ref": f"refs/{name}", "node_id": f"REF_{name}", "url": url, "object": pointed}
