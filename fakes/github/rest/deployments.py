"""Deployments and their statuses, which GitHub shows beside each environment."""

from __future__ import annotations

from typing import Any, Final

from fakes.github.call import Answer, Call, Fault
from fakes.github.rest.accounts import account
from fakes.github.rest.records import numbered
from fakes.github.routes import Routes
from fakes.github.state.repository import Deployment, Record

routes = Routes()

PATH: Final = "/repos/{owner}/{repo}/deployments"
ONE: Final = f"{PATH}/{{deployment_id}}"
SCOPES: Final = ("repo", "repo_deployment")
FILTERS: Final = ("ref", "task", "environment")
STATUS_DEFAULTS: Final = {"description": "", "environment_url": "", "log_url": "", "target_url": ""}


@routes("GET", PATH, *SCOPES)
def listed(call: Call) -> Answer:
    wanted = {name: call.query[name] for name in FILTERS if name in call.query}
    found = [
        each
        for each in reversed(call.repository.deployments.values())
        if wanted.items() <= each.fields.items() and call.query.get("sha", each.sha) == each.sha
    ]
    return call.page([_rendered(call, each) for each in found])


@routes("POST", PATH, *SCOPES)
def create(call: Call) -> Answer:
    commit = call.repository.branches.resolve(call.body["ref"])
    if not commit:
        raise Fault(422, f"No ref found for: {call.body['ref']}")
    fields = {
        "ref": call.body["ref"],
        "task": call.body.get("task", "deploy"),
        "environment": call.body.get("environment", "production"),
        "description": call.body.get("description"),
        "payload": call.body.get("payload", {}),
        "transient_environment": call.body.get("transient_environment", False),
        "production_environment": call.body.get("production_environment", False),
    }
    created = Deployment(fields=fields, creator=call.token.user, sha=commit.sha)
    call.repository.deployments[created.id] = created
    return Answer(201, _rendered(call, created))


@routes("GET", ONE, *SCOPES)
def show(call: Call) -> Answer:
    return Answer(200, _rendered(call, _deployment(call)))


@routes("DELETE", ONE, *SCOPES)
def delete(call: Call) -> Answer:
    deployment = _deployment(call)
    last = deployment.statuses[-1].fields["state"] if deployment.statuses else "pending"
    if last != "inactive" and len(call.repository.deployments) > 1:
        raise Fault(422, "We cannot delete an active deployment unless it is the only deployment")
    del call.repository.deployments[deployment.id]
    return Answer(204)


@routes("GET", f"{ONE}/statuses", *SCOPES)
def statuses(call: Call) -> Answer:
    deployment = _deployment(call)
    return call.page([_status(call, deployment, each) for each in reversed(deployment.statuses)])


@routes("POST", f"{ONE}/statuses", *SCOPES)
def add_status(call: Call) -> Answer:
    """A success makes the earlier deployments to the environment inactive, unless told not to."""
    deployment = _deployment(call)
    kept = {name: call.body[name] for name in STATUS_DEFAULTS if name in call.body}
    environment = call.body.get("environment", deployment.fields["environment"])
    shown = {"state": call.body["state"], "environment": environment}
    added = Record(fields={**STATUS_DEFAULTS, **kept, **shown})
    deployment.statuses.append(added)
    if call.body["state"] == "success" and call.body.get("auto_inactive", True):
        _retire_others(call, deployment, environment)
    return Answer(201, _status(call, deployment, added))


def _retire_others(call: Call, current: Deployment, environment: str) -> None:
    for each in call.repository.deployments.values():
        succeeded = each.statuses and each.statuses[-1].fields["state"] == "success"
        if each is not current and each.fields["environment"] == environment and succeeded:
            fields = {**each.statuses[-1].fields, "state": "inactive"}
            each.statuses.append(Record(fields=fields))


def _deployment(call: Call) -> Deployment:
    return numbered(call, "deployment_id", call.repository.deployments)


def _rendered(call: Call, shown: Deployment) -> dict[str, Any]:
    url = f"{call.repository_url}/deployments/{shown.id}"
    return {
        **shown.marks(),
        **shown.fields,
        "original_environment": shown.fields["environment"],
        "sha": shown.sha,
        "creator": account(call, shown.creator),
        "url": url,
        "statuses_url": f"{url}/statuses",
        "repository_url": call.repository_url,
    }


def _status(call: Call, deployment: Deployment, shown: Record) -> dict[str, Any]:
    url = f"{call.repository_url}/deployments/{deployment.id}"
    return {
        **shown.marks(),
        **shown.fields,
        "creator": account(call, deployment.creator),
        "url": f"{url}/statuses/{shown.id}",
        "deployment_url": url,
        "repository_url": call.repository_url,
    }
