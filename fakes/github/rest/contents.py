"""Files of a repository, read and committed."""

from __future__ import annotations

import base64
from typing import Any

from fakes.github.access import NOT_ACCESSIBLE
from fakes.github.call import NOT_FOUND, Answer, Call, Fault
from fakes.github.refusals import refusal
from fakes.github.rest.commits import commit_of, git, parents
from fakes.github.routes import Routes
from fakes.github.state import Commit
from fakes.github.state.git import blob_sha

routes = Routes()

ONE = "/repos/{owner}/{repo}/contents/{path}"
WORKFLOWS = ".github/workflows/"


@routes("GET", ONE, "repo")
def show(call: Call) -> Answer:
    ref = call.query.get("ref", call.repository.default_branch)
    files, path = commit_of(call, ref).files, call.path["path"].strip("/")
    if path in files:
        content = base64.encodebytes(files[path]).decode()
        return Answer(200, {**_entry(call, ref, path, files[path]), "content": content})
    inside = [name for name in sorted(files) if name.startswith(f"{path}/")]
    if not inside:
        raise Fault(404, NOT_FOUND)
    direct = [name for name in inside if "/" not in name.removeprefix(f"{path}/")]
    return Answer(200, [_entry(call, ref, name, files[name]) for name in direct])


@routes("PUT", ONE, "repo")
def put(call: Call) -> Answer:
    path, branch = call.path["path"], _branch(call)
    known = commit_of(call, branch).files.get(path)
    _check(call, "create" if known is None else "update", known)
    content = base64.b64decode(call.body["content"])
    commit = _commit(call, branch, {path: content})
    entry = _entry(call, branch, path, content)
    shown = {**entry, "content": call.body["content"]}
    return Answer(200 if known is not None else 201, _committed(call, commit, shown))


@routes("DELETE", ONE, "repo")
def delete(call: Call) -> Answer:
    path, branch = call.path["path"], _branch(call)
    known = commit_of(call, branch).files.get(path)
    if known is None:
        raise Fault(404, NOT_FOUND)
    _check(call, "delete", known)
    return Answer(200, _committed(call, _commit(call, branch, {path: None}), None))


def _check(call: Call, verb: str, known: bytes | None) -> None:
    """Raises Fault for what GitHub doesn't commit."""
    if call.path["path"].startswith(WORKFLOWS):
        _check_workflows(call)
    if known is not None and "sha" not in call.body:
        raise Fault(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if known is not None and call.body["sha"] != blob_sha(known):
        raise Fault(409, f"{call.path['path']} does not match {call.body['sha']}")
    if reason := refusal(call.repository, _branch(call), call.token.user):
        raise Fault(409, reason.format(verb=verb))


def _check_workflows(call: Call) -> None:
    """Raises Fault: whoever writes workflows reaches their secrets, so it needs to be granted."""
    if call.token.permissions is None and not call.token.allows(("workflow",)):
        raise Fault(404, NOT_FOUND, headers={"X-Accepted-OAuth-Scopes": "workflow"})
    if call.token.permissions is not None and not call.token.grants("workflows", "write"):
        accepted = {"X-Accepted-GitHub-Permissions": "workflows=write"}
        raise Fault(403, NOT_ACCESSIBLE, headers=accepted)


def _branch(call: Call) -> str:
    name: str = call.body.get("branch", call.repository.default_branch)
    if f"heads/{name}" not in call.repository.branches.refs:
        raise Fault(404, f"Branch {name} not found")
    return name


def _commit(call: Call, branch: str, change: dict[str, bytes | None]) -> Commit:
    user = call.token.user
    default = {"name": user.login, "email": f"{user.login}@users.noreply.github.com"}
    committer = call.body.get("committer", default)
    author = call.body.get("author", committer)
    people = [(each["name"], each["email"]) for each in (author, committer)]
    return call.repository.branches.commit(branch, call.body["message"], change, *people)


def _committed(call: Call, commit: Commit, content: dict[str, Any] | None) -> dict[str, Any]:
    html = f"{call.address}/{call.repository.full_name}/commit/{commit.sha}"
    shown = {"sha": commit.sha, "node_id": f"C_{commit.sha}", "html_url": html}
    whole = {**shown, **git(call, commit), "parents": parents(call, commit)}
    return {"content": content, "commit": whole}


def _entry(call: Call, ref: str, path: str, content: bytes) -> dict[str, Any]:
    sha = blob_sha(content)
    url = f"{call.repository_url}/contents/{path}?ref={ref}"
    html = f"{call.address}/{call.repository.full_name}/blob/{ref}/{path}"
    git_url = f"{call.repository_url}/git/blobs/{sha}"
    return {
        "type": "file",
        "encoding": "base64",
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "sha": sha,
        "size": len(content),
        "url": url,
        "html_url": html,
        "git_url": git_url,
        "download_url": f"{call.address}/raw/{call.repository.full_name}/{ref}/{path}",
        "_links": {"self": url, "git": git_url, "html": html},
    }
