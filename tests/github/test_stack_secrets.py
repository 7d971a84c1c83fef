"""A stack's secrets reach GitHub, and nothing else has them."""

from __future__ import annotations

import json
from typing import Final

from .deployed import Deployed
from .wanted import HOOK, KEY, STACK

ROTATED: Final = "-----BEGIN KEY-----another one-----END KEY-----"
ROTATION: Final = f'secrets: {{DEPLOY_SSH_KEY: "{ROTATED}"}}'
PUT: Final = "secrets/DEPLOY_SSH_KEY"
MORE: Final = "secrets: {EXTRA: value}\ngithub: {environment: {secrets: [DEPLOY_SSH_KEY, EXTRA]}}"


def test_neither_the_state_nor_an_export_with_its_secrets_has_a_value(deployed: Deployed) -> None:
    program = deployed.program
    for text in (program.state.read_text(), json.dumps(program.export())):
        assert "valueEncrypted" in text
        assert KEY not in text
        assert HOOK not in text
    assert deployed.simulator.token.text not in program.state.read_text()


def test_a_rotated_secret_is_one_change_that_hides_its_value(deployed: Deployed) -> None:
    shown = deployed.program.shown(deployed.wanted(ROTATION))
    assert "~ valueEncrypted: [secret]" in shown
    for value in (KEY, HOOK, ROTATED, deployed.simulator.token.text):
        assert value not in shown
    assert deployed.program.up() == {"update": 1}
    assert [each.rpartition(f"{STACK}/")[2] for each in deployed.simulator.writes] == [PUT]
    assert deployed.environment.vault.secrets["DEPLOY_SSH_KEY"].value == ROTATED
    assert deployed.program.up(deployed.wanted()) == {"update": 1}
    assert deployed.environment.vault.secrets["DEPLOY_SSH_KEY"].value == KEY


def test_a_secret_that_is_configured_no_more_is_deleted(deployed: Deployed) -> None:
    deployed.program.up(deployed.wanted(MORE))
    assert set(deployed.environment.vault.secrets) == {"DEPLOY_SSH_KEY", "EXTRA"}
    deployed.program.up(deployed.wanted())
    assert set(deployed.environment.vault.secrets) == {"DEPLOY_SSH_KEY"}
