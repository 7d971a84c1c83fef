"""The secrets that somebody has to set are known before a workflow misses them."""

from __future__ import annotations

import pytest

from slipway.ci.secrets import NeededSecrets, needed_secrets
from tests.unit.slipway.ci import sample


def test_everything_that_is_chosen_is_listed_where_it_has_to_be_set() -> None:
    own = ("DEPLOY_SSH_KEY", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE")
    assert needed_secrets(sample.settings()) == NeededSecrets(
        repository=(
            "DISCORD_WEBHOOK",
            "OPENAI_API_KEY_TEST",
            "PAGERDUTY_ROUTING_KEY",
            "SLACK_WEBHOOK",
        ),
        environments={"staging": own, "production": own},
    )


@pytest.mark.parametrize(
    "deploy", ["{organization: acme}", "{backend: 's3://state'}"], ids=["identity", "S3"]
)
def test_a_token_is_needed_only_where_nobody_vouches_for_the_job(deploy: str) -> None:
    chosen = sample.settings(f"workflows: {{ci: {{python: {{}}}}, deploy: {deploy}}}")
    assert needed_secrets(chosen).environments["production"] == ("DEPLOY_SSH_KEY",)


def test_the_password_of_another_registry_than_githubs_is_needed_for_the_push() -> None:
    text = f"""
registry: {{address: registry.example.org, username: bot, password: REGISTRY_PASSWORD}}
secrets: {{REGISTRY_PASSWORD: s3cret-of-the-registry}}
{sample.PYTHON}
"""
    assert needed_secrets(sample.settings(text)).repository == ("REGISTRY_PASSWORD",)


def test_without_workflows_nothing_is_needed() -> None:
    assert needed_secrets(sample.settings("{}")) == NeededSecrets()
