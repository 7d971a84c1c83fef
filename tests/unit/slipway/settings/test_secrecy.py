"""A secret's value is in no error, no traceback and no printed settings."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from slipway.settings import SettingsError, load
from tests.unit.slipway.settings.sample import PASSWORD, changed, settings

LEAKY = f"correct horse {PASSWORD}"


@pytest.mark.parametrize(
    "change",
    [
        f"secrets: {{lower: {LEAKY}}}",
        f"secrets: [{LEAKY}]",
        f"secrets: {LEAKY}",
        f"secrets: {{A: {{B: {LEAKY}}}}}",
        f'secrets: \'{{"A": "{LEAKY}"\'',
        f"registry: {{username: x, password: {LEAKY}}}",
        "registry: {username: x, password: CORRECT_HORSE}",
        f"application: {{services: {{web: {{secrets: [DATABASE_URL={LEAKY}]}}}}}}",
        f"application: {{services: {{web: {{secrets: {{DATABASE_URL: {LEAKY}}}}}}}}}",
        f"servers: {{one: {{password: {LEAKY}}}}}",
        "version: null",
    ],
)
def test_no_error_shows_a_secret(folder: Path, change: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load("staging", changed(change), folder)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert PASSWORD not in text
    assert "CORRECT_HORSE" not in text


def test_printed_settings_show_no_secret(folder: Path) -> None:
    loaded = settings(folder)
    assert PASSWORD not in f"{loaded} {loaded!r} {loaded.model_dump()} {loaded.model_dump_json()}"


def test_secret_values_are_given_to_whoever_asks_by_name(folder: Path) -> None:
    assert settings(folder).secret_values(["POSTGRES_PASSWORD"]) == {"POSTGRES_PASSWORD": PASSWORD}
