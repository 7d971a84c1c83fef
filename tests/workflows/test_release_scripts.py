"""A tag that production runs becomes a release of GitHub's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from slipway.ci.files import files
from tests.unit.slipway.ci import sample
from tests.unit.slipway.ci.github_yaml import load
from tests.workflows.programs import Programs
from tests.workflows.runner import Runner


def deploy() -> Any:
    return load(files(sample.settings())[".github/workflows/deploy.yml"])


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, timeout=30)


IMAGES = "ghcr.io/acme/admin/site@sha256:bb ghcr.io/acme/shop@sha256:aa"
MATERIALS = """
  *site*) echo '{"SPDX": {"name": "site"}}' ;;
  *shop*) echo '{"linux/amd64": {"SPDX": {"name": "amd"}},
                 "linux/arm64": {"SPDX": {"name": "arm"}}}' ;;
"""
FILES = {
    "sbom-ghcr.io-acme-admin-site.spdx.json": "site",
    "sbom-ghcr.io-acme-shop-linux-amd64.spdx.json": "amd",
    "sbom-ghcr.io-acme-shop-linux-arm64.spdx.json": "arm",
}
"""Each is a document by itself, as the tools that read SPDX want it."""


def tagged(machine: Runner, tag: str) -> None:
    """After a deployment of the tag to production."""
    machine.context["github"] |= {"ref_type": "tag", "ref_name": tag}
    machine.context["needs"] = {"production": {"outputs": {"images": IMAGES}}}


def test_a_release_tells_its_commits_its_digests_and_its_materials(
    machine: Runner, programs: Programs
) -> None:
    git(machine.workspace, "init", "--quiet")
    for message, tag in (("Open the shop", "v1.0.0"), ("Sell rope", ""), ("Sell tar", "v1.1.0")):
        git(machine.workspace, "commit", "--quiet", "--allow-empty", "--message", message)
        if tag:
            git(machine.workspace, "tag", tag)
    tagged(machine, "v1.1.0")
    programs.by_pattern("gh", '  "release view"*) exit 1 ;;')
    programs.by_pattern("docker", MATERIALS)
    machine.run(deploy(), "release")
    assert machine.succeeded, machine.steps
    notes = (machine.workspace / "notes.md").read_text()
    assert [line.rpartition(" (")[0] for line in notes.splitlines() if line.endswith(")")] == [
        "- Sell tar",
        "- Sell rope",
    ]
    assert notes.endswith("".join(f"- `{image}`\n" for image in IMAGES.split()))
    assert programs.calls("gh")[-1] == [
        *("release", "create", "v1.1.0", "--verify-tag", "--title", "v1.1.0"),
        *("--notes-file", "notes.md", *FILES),
    ]
    for file, name in FILES.items():
        assert json.loads((machine.workspace / file).read_text()) == {"name": name}


def test_a_release_that_is_there_is_brought_up_to_date(machine: Runner, programs: Programs) -> None:
    git(machine.workspace, "init", "--quiet")
    git(machine.workspace, "commit", "--quiet", "--allow-empty", "--message", "Open the shop")
    git(machine.workspace, "tag", "v1.0.0")
    tagged(machine, "v1.0.0")
    programs.answers("gh", "")
    programs.by_pattern("docker", MATERIALS)
    machine.run(deploy(), "release")
    assert machine.succeeded, machine.steps
    assert [call[:2] for call in programs.calls("gh")] == [
        ["release", "view"],
        ["release", "edit"],
        ["release", "upload"],
    ]
