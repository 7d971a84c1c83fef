"""Branches and tags."""

from __future__ import annotations

from typing import Any

from fakes.github.call import Answer, Call, Fault
from fakes.github.rest.commits import rendered
from fakes.github.routes import Routes

routes = Routes()

REPOSITORY = "/repos/{owner}/{repo}"


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


def _tip(call: Call, name: str, kind: str = "heads") -> dict[str, Any]:
    sha = call.repository.branches.refs[f"{kind}/{name}"]
    return {"name": name, "commit": {"sha": sha, "url": f"{call.repository_url}/commits/{sha}"}}


def _protected(call: Call, name: str) -> bool:
    return any(rule.covers(name) for rule in call.repository.protections)
