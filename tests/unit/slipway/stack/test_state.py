"""What is read of a stack's state."""

from __future__ import annotations

import pytest

from slipway.stack.state import State, export
from slipway.stack.workspace import open_stack
from tests.unit.slipway.pulumi_cli import PulumiCli

RESOURCE = {"urn": "urn::one", "outputs": {"stdout": "{}"}}


@pytest.mark.parametrize(
    ("deployment", "state"),
    [
        ({}, State({}, interrupted=False)),
        ({"resources": None, "pending_operations": None}, State({}, interrupted=False)),
        ({"resources": [RESOURCE]}, State({"urn::one": RESOURCE}, interrupted=False)),
        ({"pending_operations": [{"type": "creating"}]}, State({}, interrupted=True)),
    ],
    ids=["never deployed", "null", "resources", "killed"],
)
def test_a_state_is_its_resources_and_whether_the_last_update_was_killed(
    pulumi_cli: PulumiCli, deployment: dict[str, object], state: State
) -> None:
    pulumi_cli.state = deployment
    assert export(open_stack("live")) == state


def test_secrets_stay_encrypted(pulumi_cli: PulumiCli) -> None:
    export(open_stack("live"))
    assert pulumi_cli.commands == [["stack", "export", "--stack", "live"]]
