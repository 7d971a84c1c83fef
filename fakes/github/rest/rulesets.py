"""Rulesets for branches and tags."""

from __future__ import annotations

from typing import Any

from fakes.github.call import Answer, Call, Fault
from fakes.github.rest.records import numbered
from fakes.github.routes import Routes
from fakes.github.state.repository import Record

routes = Routes()

PATH = "/repos/{owner}/{repo}/rulesets"
ONE = f"{PATH}/{{ruleset_id}}"


@routes("GET", PATH, "repo")
def listed(call: Call) -> Answer:
    _check_plan(call)
    left_out = ("rules", "conditions", "bypass_actors")
    rulesets = [_rendered(call, each) for each in call.repository.rulesets.values()]
    return call.page([{k: v for k, v in r.items() if k not in left_out} for r in rulesets])


@routes("POST", PATH, "repo")
def create(call: Call) -> Answer:
    _check_plan(call)
    _check_name(call)
    defaults: dict[str, Any] = {
        "target": "branch",
        "bypass_actors": [],
        "conditions": None,
        "rules": [],
    }
    created = Record(fields={**defaults, **call.body})
    call.repository.rulesets[created.id] = created
    return Answer(201, _rendered(call, created))


@routes("GET", ONE, "repo")
def show(call: Call) -> Answer:
    return Answer(200, _rendered(call, _ruleset(call)))


@routes("PUT", ONE, "repo")
def change(call: Call) -> Answer:
    ruleset = _ruleset(call)
    _check_name(call, ruleset)
    ruleset.fields |= call.body
    ruleset.touch()
    return Answer(200, _rendered(call, ruleset))


@routes("DELETE", ONE, "repo")
def delete(call: Call) -> Answer:
    del call.repository.rulesets[_ruleset(call).id]
    return Answer(204)


def _check_plan(call: Call) -> None:
    if call.repository.private and not call.repository.paid:
        what = "Upgrade to GitHub Pro or make this repository public to enable this feature."
        raise Fault(403, what)


def _check_name(call: Call, changed: Record | None = None) -> None:
    others = [each for each in call.repository.rulesets.values() if each is not changed]
    if call.body.get("name") in [each.fields["name"] for each in others]:
        raise Fault(422, "Validation Failed", errors=["Name must be unique"])


def _ruleset(call: Call) -> Record:
    return numbered(call, "ruleset_id", call.repository.rulesets)


def _rendered(call: Call, shown: Record) -> dict[str, Any]:
    html = f"{call.address}/{call.repository.full_name}/rules/{shown.id}"
    links = {"self": {"href": f"{call.repository_url}/rulesets/{shown.id}"}, "html": {"href": html}}
    source = {"source_type": "Repository", "source": call.repository.full_name}
    bypass = {"current_user_can_bypass": "never"}
    return {**shown.marks(), **shown.fields, **source, **bypass, "_links": links}
