"""The pins in different files must name the same things."""

from __future__ import annotations

import re
import tomllib

import pytest

from toolchain import golang, paths, pulumi, python, versions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("go1.26.8", (1, 26, 8)),
        ("go1.27rc1", (1, 27)),
        ("v3.300.1-alpha.1+dirty", (3, 300, 1)),
    ],
)
def test_a_version_is_read_as_numbers(text: str, expected: versions.Version) -> None:
    assert versions.parse(text) == expected


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="not a version"):
        versions.parse("unknown")


def locked() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", python.LOCK_FILE.read_text(), re.MULTILINE))


def test_plugins_have_the_versions_of_their_python_packages() -> None:
    pinned = {**versions.PLUGINS, **versions.ON_DEMAND}
    assert {name: locked()[f"pulumi-{name}"] for name in pinned} == pinned


def test_the_official_cli_is_of_the_python_sdks_release() -> None:
    assert locked()["pulumi"] == versions.OFFICIAL_PULUMI


def test_the_built_cli_says_the_version_of_its_module() -> None:
    module = (golang.MODULES / pulumi.MODULE / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{versions.BUILT_PULUMI}" in module
    assert versions.parse(versions.BUILT_PULUMI) >= versions.parse(versions.OLDEST_PULUMI)


def test_the_lock_file_has_every_package_that_the_project_names_with_hashes() -> None:
    project = tomllib.loads((paths.REPOSITORY / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[=<>~!;\[ ]", line)[0].lower() for line in wanted}
    assert names <= set(locked())
    entries = re.split(r"^(?=[a-z0-9-]+==)", python.LOCK_FILE.read_text(), flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_file_names_no_package_index() -> None:
    assert "://" not in python.LOCK_FILE.read_text()
