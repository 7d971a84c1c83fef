"""Refs: what branches and tags are to Git."""

from __future__ import annotations

from typing import Any

from fakes.github.call import NOT_FOUND, Answer, Call, Fault
from fakes.github.routes import Routes

routes = Routes()

REPOSITORY = "/repos/{owner}/{repo}"


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
