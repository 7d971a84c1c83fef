"""Labels of issues."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fakes.github.call import NOT_FOUND, Answer, Call, Fault, invalid
from fakes.github.routes import Routes
from fakes.github.state.repository import Record

routes = Routes()

PATH = "/repos/{owner}/{repo}/labels"
ONE = f"{PATH}/{{name}}"


@routes("GET", PATH, "repo")
def listed(call: Call) -> Answer:
    return call.page([_rendered(call, each) for each in call.repository.labels.values()])


@routes("POST", PATH, "repo")
def create(call: Call) -> Answer:
    name = call.body["name"]
    if name.lower() in call.repository.labels:
        raise invalid("Label", "name", "already_exists")
    defaults = {"description": None, "color": "ededed"}
    created = Record(fields={**defaults, **call.body})
    call.repository.labels[name.lower()] = created
    return Answer(201, _rendered(call, created))


@routes("GET", ONE, "repo")
def show(call: Call) -> Answer:
    return Answer(200, _rendered(call, _label(call)))


@routes("PATCH", ONE, "repo")
def change(call: Call) -> Answer:
    label = _label(call)
    body = dict(call.body)
    name = body.pop("new_name", label.fields["name"])
    del call.repository.labels[label.fields["name"].lower()]
    label.fields |= {**body, "name": name}
    call.repository.labels[name.lower()] = label
    return Answer(200, _rendered(call, label))


@routes("DELETE", ONE, "repo")
def delete(call: Call) -> Answer:
    del call.repository.labels[_label(call).fields["name"].lower()]
    return Answer(204)


def _label(call: Call) -> Record:
    found = call.repository.labels.get(call.path["name"].lower())
    if not found:
        raise Fault(404, NOT_FOUND)
    return found


def _rendered(call: Call, shown: Record) -> dict[str, Any]:
    marks = {"id": shown.id, "node_id": shown.node_id, "default": False}
    url = f"{call.repository_url}/labels/{quote(shown.fields['name'], safe='')}"
    return {**marks, **shown.fields, "url": url}
