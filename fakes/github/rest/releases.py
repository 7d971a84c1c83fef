"""Releases and the tags that they make."""

from __future__ import annotations

from typing import Any, Final

from fakes.github.call import NOT_FOUND, Answer, Call, Fault, invalid
from fakes.github.rest.accounts import account
from fakes.github.rest.records import numbered
from fakes.github.routes import Routes
from fakes.github.state.identity import written
from fakes.github.state.repository import Record

routes = Routes()

PATH: Final = "/repos/{owner}/{repo}/releases"
ONE: Final = f"{PATH}/{{release_id}}"
KEPT: Final = ("tag_name", "target_commitish", "name", "body", "draft", "prerelease")


@routes("GET", PATH, "repo")
def listed(call: Call) -> Answer:
    newest_first = reversed(call.repository.releases.values())
    return call.page([_rendered(call, each) for each in newest_first])


@routes("POST", PATH, "repo")
def create(call: Call) -> Answer:
    defaults = {"name": None, "body": None, "draft": False, "prerelease": False}
    target = {"target_commitish": call.repository.default_branch}
    created = Record(fields={**defaults, **target, **_kept(call)})
    _tag(call, created)
    call.repository.releases[created.id] = created
    return Answer(201, _rendered(call, created))


@routes("GET", f"{PATH}/latest", "repo")
def latest(call: Call) -> Answer:
    published = [
        each
        for each in call.repository.releases.values()
        if not each.fields["draft"] and not each.fields["prerelease"]
    ]
    if not published:
        raise Fault(404, NOT_FOUND)
    return Answer(200, _rendered(call, published[-1]))


@routes("GET", f"{PATH}/tags/{{tag}}", "repo")
def tagged(call: Call) -> Answer:
    for each in call.repository.releases.values():
        if each.fields["tag_name"] == call.path["tag"] and not each.fields["draft"]:
            return Answer(200, _rendered(call, each))
    raise Fault(404, NOT_FOUND)


@routes("GET", ONE, "repo")
def show(call: Call) -> Answer:
    return Answer(200, _rendered(call, _release(call)))


@routes("PATCH", ONE, "repo")
def change(call: Call) -> Answer:
    release = _release(call)
    release.fields |= _kept(call)
    _tag(call, release)
    release.touch()
    return Answer(200, _rendered(call, release))


@routes("DELETE", ONE, "repo")
def delete(call: Call) -> Answer:
    del call.repository.releases[_release(call).id]
    return Answer(204)


@routes("GET", f"{ONE}/assets", "repo")
def assets(call: Call) -> Answer:
    _release(call)
    return call.page([])


def _kept(call: Call) -> dict[str, Any]:
    return {name: call.body[name] for name in KEPT if name in call.body}


def _tag(call: Call, release: Record) -> None:
    """A published release makes its tag. Raises Fault when another release has it."""
    tag, branches = release.fields["tag_name"], call.repository.branches
    others = [each for each in call.repository.releases.values() if each is not release]
    if tag in [each.fields["tag_name"] for each in others]:
        raise invalid("Release", "tag_name", "already_exists")
    if release.fields["draft"] or f"tags/{tag}" in branches.refs:
        return
    target = branches.resolve(release.fields["target_commitish"])
    if not target:
        raise invalid("Release", "target_commitish")
    branches.refs[f"tags/{tag}"] = target.sha


def _release(call: Call) -> Record:
    return numbered(call, "release_id", call.repository.releases)


def _rendered(call: Call, shown: Record) -> dict[str, Any]:
    url = f"{call.repository_url}/releases/{shown.id}"
    tag, draft = shown.fields["tag_name"], shown.fields["draft"]
    return {
        **shown.marks(),
        **shown.fields,
        "url": url,
        "html_url": f"{call.address}/{call.repository.full_name}/releases/tag/{tag}",
        "assets_url": f"{url}/assets",
        "upload_url": f"{call.address}/api/uploads/repos/{call.repository.full_name}/releases"
        f"/{shown.id}/assets{{?name,label}}",
        "tarball_url": None if draft else f"{call.repository_url}/tarball/{tag}",
        "zipball_url": None if draft else f"{call.repository_url}/zipball/{tag}",
        "published_at": None if draft else written(shown.created_at),
        "author": account(call, call.token.user),
        "assets": [],
    }
