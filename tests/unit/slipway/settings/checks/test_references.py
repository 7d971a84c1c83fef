"""What is named has to be defined."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.slipway.settings.sample import faults

SET = "Set it: `pulumi config set --secret --path 'slipway:secrets."
FAULTS = [
    (
        "application: {services: {web: {image: other}}}",
        "application/services/web/image",
        "there is no image `other`. Known: `shop`.",
    ),
    (
        "application: {migration: {service: wbe}}",
        "application/migration/service",
        "there is no service `wbe`. Did you mean `web`?",
    ),
    (
        "application: {smoke: [{service: worker}]}",
        "application/smoke/0/service",
        "there is no service with a port `worker`. Known: `web`.",
    ),
    (
        "application: {accessories: {postgres: {server: two}}}",
        "application/accessories/postgres/server",
        "there is no server `two`. Known: `one`.",
    ),
    (
        "application: {services: {web: {secrets: [DATABASE]}}}",
        "application/services/web/secrets/0",
        (
            "there is no secret `DATABASE`. Set it: `pulumi config set --secret --path "
            "'slipway:secrets.DATABASE'`."
        ),
    ),
    (
        "secrets: {POSTGRES_PASSWORD: null}",
        "application/accessories/postgres/secrets/0",
        (
            "there is no secret `POSTGRES_PASSWORD`. Set it: `pulumi config set --secret --path "
            "'slipway:secrets.POSTGRES_PASSWORD'`."
        ),
    ),
    (
        "registry: {username: bot, password: TOKEN}",
        "registry/password",
        (
            "is not the name of an entry in `secrets`. Set it: `pulumi config set --secret --path "
            "'slipway:secrets.NAME'`."
        ),
    ),
]


@pytest.mark.parametrize(("change", "path", "text"), FAULTS)
def test_a_name_of_nothing_is_a_fault(folder: Path, change: str, path: str, text: str) -> None:
    assert faults(folder, change) == [f"staging/{path}: {text}"]
