"""The simulator without a provider: what its fixtures of other tests rely on."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from fakes.github import rest
from fakes.github.server import contract
from fakes.github.simulator import Simulator

SHOP = "/repos/acme/shop"
LIMIT = 60.0  # seconds: the first request reads GitHub's schemas


@pytest.fixture
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {simulator.token.text}"}
    url = f"{simulator.base_url}api/v3"
    with httpx.Client(base_url=url, headers=headers, timeout=LIMIT) as opened:
        yield opened


def test_every_call_that_it_has_is_one_of_githubs() -> None:
    table = rest.table().table
    assert [r for r in table if not contract().knows(r.method, r.template)] == []
    assert len(table) > 80


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/users/ada",
        "/users/ada/keys",
        "/users/ada/gpg_keys",
        "/orgs/acme",
        "/orgs/acme/teams",
        "/orgs/acme/teams/operators",
        "/orgs/acme/teams/operators/members",
        "/orgs/acme/teams/operators/repos",
        SHOP,
        f"{SHOP}/topics",
        f"{SHOP}/automated-security-fixes",
        f"{SHOP}/branches",
        f"{SHOP}/branches/main",
        f"{SHOP}/tags",
        f"{SHOP}/git/ref/heads/main",
        f"{SHOP}/git/matching-refs/heads/",
        f"{SHOP}/commits?path=README.md",
        f"{SHOP}/commits/main",
        f"{SHOP}/contents/README.md?ref=main",
        f"{SHOP}/environments",
        f"{SHOP}/actions/secrets",
        f"{SHOP}/actions/secrets/public-key",
        f"{SHOP}/actions/variables",
        f"{SHOP}/dependabot/secrets/public-key",
        f"{SHOP}/rulesets",
        f"{SHOP}/releases",
        f"{SHOP}/deployments?environment=production",
        f"{SHOP}/labels",
    ],
)
def test_a_new_repository_is_shown_as_github_describes_it(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_numbers_stand_for_names_as_they_do_at_github(
    client: httpx.Client, simulator: Simulator
) -> None:
    team = simulator.organization.teams["operators"]
    by_number = f"/organizations/{simulator.organization.id}/team/{team.id}"
    assert client.get(f"/repositories/{simulator.repository.id}").json()["name"] == "shop"
    assert client.get(by_number).json()["slug"] == "operators"
    assert len(client.get(f"{by_number}/members").json()) == 2


def test_a_list_comes_in_pages_that_are_linked(client: httpx.Client, simulator: Simulator) -> None:
    for number in range(7):
        simulator.repository.vault.put_variable(f"V{number}", "x")
    first = client.get(f"{SHOP}/actions/variables?per_page=3")
    assert first.json()["total_count"] == 7
    assert set(first.links) == {"last", "next"}
    names = [each["name"] for each in first.json()["variables"]]
    answer = first
    while "next" in answer.links:
        answer = client.get(answer.links["next"]["url"])
        names += [each["name"] for each in answer.json()["variables"]]
    assert names == [f"V{number}" for number in range(7)]
    assert set(answer.links) == {"first", "prev"}


def test_what_one_has_already_is_not_sent_again(client: httpx.Client, simulator: Simulator) -> None:
    known = {"If-None-Match": client.get(SHOP).headers["ETag"]}
    again = client.get(SHOP, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    simulator.repository.settings["description"] = "changed"
    assert client.get(SHOP, headers=known).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic eDp5"])
def test_nobody_gets_in_without_a_token(simulator: Simulator, header: str) -> None:
    answer = httpx.get(f"{simulator.base_url}api/v3/user", headers={"Authorization": header})
    assert answer.status_code == 401


def test_errors_have_githubs_form(client: httpx.Client) -> None:
    missing = client.get(f"{SHOP}/environments/nowhere")
    assert missing.status_code == 404
    assert missing.json() == {
        "message": "Not Found",
        "documentation_url": "https://docs.github.com/rest",
        "status": "404",
    }
    assert client.post(f"{SHOP}/labels", content=b"{").status_code == 400


def test_an_environment_refuses_what_github_refuses(
    client: httpx.Client, simulator: Simulator
) -> None:
    path = f"{SHOP}/environments/production"
    nobody = {"reviewers": [{"type": "User", "id": 1}]}
    ada = {"type": "User", "id": simulator.users[0].id}
    both = {"protected_branches": True, "custom_branch_policies": True}
    for body in (
        nobody,
        {"reviewers": [ada] * 7},
        {"wait_timer": 43_201},
        {"deployment_branch_policy": both},
    ):
        assert client.put(path, json=body).status_code == 422
    assert simulator.repository.environments == {}
    assert client.put(path, json={}).status_code == 200
    policies = f"{path}/deployment-branch-policies"
    assert client.post(policies, json={"name": "v*", "type": "tag"}).status_code == 404


def test_rules_on_a_private_repositorys_environments_are_for_enterprise(
    client: httpx.Client, simulator: Simulator
) -> None:
    path, body = f"{SHOP}/environments/production", {"wait_timer": 5}
    simulator.organization.plan = "team"
    refused = client.put(path, json=body)
    assert refused.status_code == 422
    assert "billing plan supports the wait timer" in refused.json()["message"]
    simulator.repository.private = False
    assert client.put(path, json=body).status_code == 200


def test_a_success_retires_earlier_deployments_to_the_environment(client: httpx.Client) -> None:
    def deploy() -> str:
        body = {"ref": "main", "environment": "production", "required_contexts": []}
        url = str(client.post(f"{SHOP}/deployments", json=body).json()["url"])
        assert client.post(f"{url}/statuses", json={"state": "success"}).status_code == 201
        return url

    first, second = deploy(), deploy()
    states = [client.get(f"{url}/statuses").json()[0]["state"] for url in (first, second)]
    assert states == ["inactive", "success"]
    assert client.post(f"{SHOP}/deployments", json={"ref": "v9"}).status_code == 422


def test_a_release_makes_its_tag_once(client: httpx.Client, simulator: Simulator) -> None:
    body = {"tag_name": "v1.0.0", "name": "v1.0.0", "body": "All new."}
    created = client.post(f"{SHOP}/releases", json=body)
    assert created.status_code == 201
    assert "tags/v1.0.0" in simulator.repository.branches.refs
    assert client.post(f"{SHOP}/releases", json=body).status_code == 422
    latest = client.get(f"{SHOP}/releases/latest").json()
    assert latest["id"] == created.json()["id"]
    assert client.get(f"{SHOP}/releases/tags/v1.0.0").json() == latest
    draft = client.post(f"{SHOP}/releases", json={"tag_name": "v2", "draft": True}).json()
    assert "tags/v2" not in simulator.repository.branches.refs
    assert client.delete(f"{SHOP}/releases/{draft['id']}").status_code == 204


def test_labels_are_kept_by_their_names(client: httpx.Client) -> None:
    client.post(f"{SHOP}/labels", json={"name": "help wanted", "color": "ff0000"})
    renamed = client.patch(f"{SHOP}/labels/help%20wanted", json={"new_name": "audit"})
    assert renamed.json()["name"] == "audit"
    assert client.get(f"{SHOP}/labels/help%20wanted").status_code == 404
    assert client.delete(f"{SHOP}/labels/AUDIT").status_code == 204


def test_what_it_does_not_have_fails_the_test_that_asks_for_it(
    client: httpx.Client, simulator: Simulator
) -> None:
    assert client.get(f"{SHOP}/pulls").status_code == 404
    assert simulator.violations == [f"GET {SHOP}/pulls: the simulator doesn't have this call"]
    simulator.violations.clear()


def test_a_request_that_github_does_not_describe_fails_the_test(
    client: httpx.Client, simulator: Simulator
) -> None:
    path = f"{SHOP}/environments/production"
    assert client.put(path, json={"wait_timer": "5"}).status_code == 422
    assert simulator.violations == [
        f"request PUT {path}: $.wait_timer: '5' is not of type 'integer'"
    ]
    simulator.violations.clear()


def test_a_query_outside_the_schema_fails_the_test(simulator: Simulator) -> None:
    answer = httpx.post(
        f"{simulator.base_url}api/graphql",
        headers={"Authorization": f"Bearer {simulator.token.text}"},
        json={"query": "{ viewer { logins } }"},
        timeout=LIMIT,
    )
    assert "Cannot query field 'logins'" in answer.json()["errors"][0]["message"]
    assert len(simulator.violations) == 1
    simulator.violations.clear()
