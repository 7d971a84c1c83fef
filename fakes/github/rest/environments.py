"""Environments with their protection rules."""

from __future__ import annotations

from typing import Any

from fakes.github.call import Answer, Call, Fault, invalid
from fakes.github.rest import teams
from fakes.github.rest.accounts import account
from fakes.github.routes import Routes
from fakes.github.state import Environment, Organization, Team, User
from fakes.github.state.identity import node_id

routes = Routes()

PATH = "/repos/{owner}/{repo}/environments"
ONE = f"{PATH}/{{environment_name}}"
MOST_REVIEWERS = 6
LONGEST_WAIT = 43_200  # minutes


def rendered(call: Call, shown: Environment) -> dict[str, Any]:
    """An environment as GitHub shows it: what isn't set has no rule."""
    return {
        **shown.marks(),
        "name": shown.name,
        "url": f"{call.repository_url}/environments/{shown.name}",
        "html_url": f"{call.address}/{call.repository.full_name}/deployments/activity_log"
        f"?environments_filter={shown.name}",
        "can_admins_bypass": shown.can_admins_bypass,
        "protection_rules": _rules(call, shown),
        "deployment_branch_policy": shown.branch_policy,
    }


@routes("GET", PATH, "repo")
def listed(call: Call) -> Answer:
    environments = call.repository.environments.values()
    return call.page([rendered(call, each) for each in environments], "environments")


@routes("GET", ONE, "repo")
def show(call: Call) -> Answer:
    return Answer(200, rendered(call, call.environment))


@routes("PUT", ONE, "repo")
def put(call: Call) -> Answer:
    """Create or change; what the request leaves out falls back to what a new one has."""
    body = call.body or {}
    policy = body.get("deployment_branch_policy")
    if policy and policy["protected_branches"] == policy["custom_branch_policies"]:
        raise invalid("Environment", "deployment_branch_policy")
    if not 0 <= (body.get("wait_timer") or 0) <= LONGEST_WAIT:
        raise invalid("Environment", "wait_timer")
    reviewers = _reviewers(call, body.get("reviewers") or [])
    _check_plan(call, body)
    name = call.path["environment_name"]
    environments = call.repository.environments
    changed = environments.setdefault(name.lower(), Environment(name=name))
    changed.wait_timer = body.get("wait_timer") or 0
    changed.prevent_self_review = bool(body.get("prevent_self_review"))
    changed.can_admins_bypass = body.get("can_admins_bypass", True)
    changed.reviewers = reviewers
    changed.branch_policy = policy
    if not policy or not policy["custom_branch_policies"]:
        changed.policies.clear()
    changed.touch()
    return Answer(200, rendered(call, changed))


@routes("DELETE", ONE, "repo")
def delete(call: Call) -> Answer:
    del call.repository.environments[call.environment.name.lower()]
    return Answer(204)


def _check_plan(call: Call, body: dict[str, Any]) -> None:
    """Raises Fault: rules on a private repository's environments are for GitHub Enterprise."""
    owner = call.repository.owner
    if not call.repository.private or not isinstance(owner, Organization):
        return
    rules = {"reviewers": "required reviewers", "wait_timer": "wait timer"}
    for name, rule in rules.items():
        if body.get(name) and owner.plan != "enterprise":
            raise Fault(
                422,
                "Failed to create the environment protection rule. "
                f"Please ensure the billing plan supports the {rule} protection rule.",
            )


def _reviewers(call: Call, wanted: list[dict[str, Any]]) -> list[User | Team]:
    if len(wanted) > MOST_REVIEWERS:
        raise Fault(422, "Validation Failed", errors=["Reviewers may be 6 at most"])
    users = {("User", a.id): a for a in call.github.accounts.values() if isinstance(a, User)}
    known: dict[tuple[str, int], User | Team] = {
        **users,
        **{("Team", each.id): each for each in call.github.teams()},
    }
    if unknown := [each for each in wanted if (each["type"], each["id"]) not in known]:
        names = [f"{each['type']} {each['id']}" for each in unknown]
        raise Fault(422, "Validation Failed", errors=[f"Reviewers not found: {', '.join(names)}"])
    return [known[each["type"], each["id"]] for each in wanted]


def _rules(call: Call, shown: Environment) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    if shown.wait_timer:
        rules.append({"type": "wait_timer", "wait_timer": shown.wait_timer})
    if shown.reviewers:
        reviewers = [
            {"type": "Team", "reviewer": teams.rendered(call, each)}
            if isinstance(each, Team)
            else {"type": "User", "reviewer": account(call, each)}
            for each in shown.reviewers
        ]
        rule = {"prevent_self_review": shown.prevent_self_review, "reviewers": reviewers}
        rules.append({"type": "required_reviewers", **rule})
    if shown.branch_policy:
        rules.append({"type": "branch_policy"})
    identities = range(shown.id * 10, shown.id * 10 + len(rules))
    return [
        {"id": identity, "node_id": node_id("GA", identity), **rule}
        for identity, rule in zip(identities, rules, strict=True)
    ]
