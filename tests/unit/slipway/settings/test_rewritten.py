from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.rewritten import rewritten

KEY = "slipway:version"


def found(folder: Path, written: str, given: object) -> str:
    file = folder / "Pulumi.staging.yaml"
    file.write_text(f"config:\n  {KEY}: {written}\n")
    fault = rewritten(file, KEY, given)
    return f"{fault.what}. {fault.remedy}" if fault else ""


@pytest.mark.parametrize(
    ("written", "given"),
    [("1.10", "1.1"), ("010", "8"), ("1e3", "1000.0"), ("2026-11-29", "2026-11-29T00:00:00Z")],
)
def test_a_version_that_pulumi_has_changed_is_refused_with_the_reason(
    written: str, given: str, tmp_path: Path
) -> None:
    assert found(tmp_path, written, given) == (
        f"is {written} in Pulumi.staging.yaml, without quotes, and Pulumi reads {given}."
        f' Write it in quotes: `{KEY}: "{written}"`'
    )


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("v1.10", "v1.10"),
        ('"1.10"', "1.10"),
        ("1.5", "1.5"),
        ("7", "7"),
        ("1.2.3", "1.2.3"),
        ("1.10", "v2"),  # another file was given to Pulumi
    ],
)
def test_what_arrives_as_it_is_written_is_fine(written: str, given: str, tmp_path: Path) -> None:
    assert found(tmp_path, written, given) == ""


@pytest.mark.parametrize("text", ["", "config: []\n", "config: {}\n", "a: [\n", "config: {a: 1}\n"])
def test_a_file_without_a_version_is_pulumis_affair(text: str, tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(text)
    assert rewritten(tmp_path / "file.yaml", KEY, "1.1") is None
    assert rewritten(tmp_path / "none.yaml", KEY, "1.1") is None
