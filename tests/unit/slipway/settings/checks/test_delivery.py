"""Images have to come from somewhere, and a rollout needs the time it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings import SettingsError, load
from tests.unit.slipway.settings.sample import VALID, faults, settings

FAULTS = [
    (
        "promote_from: qa\nbuild: true",
        "build",
        ("cannot be true with `promote_from`, which builds no images. Remove one of the two."),
    ),
    (
        "promote_from: staging",
        "promote_from",
        "is this stack itself. Name the stack that releases are promoted from.",
    ),
    (
        "registry: {username: bot}",
        "registry/password",
        "is required with `username`. Name an entry of `secrets`, or remove `username`.",
    ),
    (
        "registry: {password: DATABASE_URL}",
        "registry/username",
        "is required with `password`. Name the user of the registry, or remove `password`.",
    ),
]


@pytest.mark.parametrize(("change", "path", "text"), FAULTS)
def test_a_delivery_that_cannot_work_is_a_fault(
    folder: Path, change: str, path: str, text: str
) -> None:
    assert faults(folder, change) == [f"staging/{path}: {text}"]


@pytest.mark.parametrize(
    ("change", "file"),
    [("context: src", "src/Dockerfile"), ("dockerfile: Other", "examples/shop/Other")],
)
def test_a_missing_file_is_reported_with_where_it_was_looked_for(
    folder: Path, change: str, file: str
) -> None:
    (line,) = faults(folder, f"application: {{images: {{shop: {{{change}}}}}}}")
    assert line == (
        f"staging/application/images/shop: there is no file {file}."
        f" `context` is relative to {folder}, and `dockerfile` to `context`."
    )


@pytest.mark.parametrize("change", ["promote_from: qa", "build: false"])
def test_what_is_not_built_needs_no_source(tmp_path: Path, change: str) -> None:
    assert settings(tmp_path, change).builds is False


def test_building_without_the_source_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no file examples/shop/Dockerfile"):
        load("staging", VALID, tmp_path)
