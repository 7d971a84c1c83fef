"""A stack's secrets reach GitHub, and nothing else has them."""

from __future__ import annotations

import json
from typing import Final

from lab.github.simulator import Simulator

from .program import Program
from .wanted import HOOK, KEY, STACK, Wanted

ROTATED: Final = "-----BEGIN KEY-----another one-----END KEY-----"
ROTATION: Final = f'secrets: {{DEPLOY_SSH_KEY: "{ROTATED}"}}'
PUT: Final = "secrets/DEPLOY_SSH_KEY"


def test_no_value_is_in_the_state_or_a_preview(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    for text in (program.state.read_text(), program.shown(wanted(ROTATION))):
        assert "valueEncrypted" in text
        for value in (KEY, HOOK, ROTATED, simulator.token.text):
            assert value not in text


def test_not_even_an_export_with_its_secrets_has_a_value(program: Program, wanted: Wanted) -> None:
    program.up(wanted())
    text = json.dumps(program.export())
    assert "valueEncrypted" in text
    assert KEY not in text
    assert HOOK not in text


def test_a_rotated_secret_is_one_change_that_hides_its_value(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    program.up(wanted())
    shown = program.shown(wanted(ROTATION))
    assert "~ valueEncrypted: [secret]" in shown
    assert program.up(wanted(ROTATION)) == {"update": 1}
    assert [each.rpartition(f"{STACK}/")[2] for each in simulator.writes] == [PUT]
    assert simulator.repository.environments[STACK].vault.secrets["DEPLOY_SSH_KEY"].value == ROTATED


def test_a_secret_that_is_configured_no_more_is_deleted(
    program: Program, simulator: Simulator, wanted: Wanted
) -> None:
    more = "secrets: {EXTRA: value}\ngithub: {environment: {secrets: [DEPLOY_SSH_KEY, EXTRA]}}"
    program.up(wanted(more))
    assert set(simulator.repository.environments[STACK].vault.secrets) == {
        "DEPLOY_SSH_KEY",
        "EXTRA",
    }
    program.up(wanted())
    assert set(simulator.repository.environments[STACK].vault.secrets) == {"DEPLOY_SSH_KEY"}
