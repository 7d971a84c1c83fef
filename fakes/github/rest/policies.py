"""Which branches and tags may deploy to an environment."""

from __future__ import annotations

from typing import Any

from fakes.github.call import NOT_FOUND, Answer, Call, Fault
from fakes.github.routes import Routes
from fakes.github.state.repository import Policy

routes = Routes()

PATH = "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies"
ONE = f"{PATH}/{{branch_policy_id}}"


@routes("GET", PATH, "repo")
def listed(call: Call) -> Answer:
    return call.page([_rendered(each) for each in _policies(call).values()], "branch_policies")


@routes("POST", PATH, "repo")
def create(call: Call) -> Answer:
    """GitHub answers 404 unless the environment has policies of its own."""
    allowed = call.environment.branch_policy or {}
    if not allowed.get("custom_branch_policies"):
        raise Fault(404, NOT_FOUND)
    wanted = Policy(name=call.body["name"], type=call.body.get("type", "branch"))
    for known in _policies(call).values():
        if (known.name, known.type) == (wanted.name, wanted.type):
            return Answer(303)
    _policies(call)[wanted.id] = wanted
    return Answer(200, _rendered(wanted))


@routes("GET", ONE, "repo")
def show(call: Call) -> Answer:
    return Answer(200, _rendered(_policy(call)))


@routes("PUT", ONE, "repo")
def change(call: Call) -> Answer:
    policy = _policy(call)
    policy.name = call.body["name"]
    return Answer(200, _rendered(policy))


@routes("DELETE", ONE, "repo")
def delete(call: Call) -> Answer:
    del _policies(call)[_policy(call).id]
    return Answer(204)


def _policies(call: Call) -> dict[int, Policy]:
    return call.environment.policies


def _policy(call: Call) -> Policy:
    found = _policies(call).get(call.number("branch_policy_id"))
    if not found:
        raise Fault(404, NOT_FOUND)
    return found


def _rendered(shown: Policy) -> dict[str, Any]:
    marks = {"id": shown.id, "node_id": shown.node_id}
    return {**marks, "name": shown.name, "type": shown.type}
