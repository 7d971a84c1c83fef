"""A commit's image is built once, named, measured and started."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.ci.files import files
from tests.unit.slipway.ci import sample
from tests.unit.slipway.ci.github_yaml import load
from tests.workflows.programs import SHA, Programs
from tests.workflows.runner import Runner

REPOSITORY = "ghcr.io/acme/shop"
TAG = f"sha-{SHA[:12]}"
INDEX = """
  *"--raw ghcr.io/acme/shop@sha256:index"*) echo '{"manifests": [
    {"digest": "sha256:amd", "platform": {"os": "linux", "architecture": "amd64"}},
    {"digest": "sha256:attestation", "platform": {"os": "unknown", "architecture": "unknown"}}]}' ;;
  *"--raw ghcr.io/acme/shop@sha256:amd"*)
    echo '{"config": {"size": 1000}, "layers": [{"size": 2097152}, {"size": SIZE}]}' ;;
"""


@pytest.fixture
def image() -> Any:
    return load(files(sample.settings())[".github/workflows/image.yml"])


def build(machine: Runner, image: Any, *, digest: str = "sha256:index") -> None:
    machine.stand_ins = {
        "docker/metadata-action": lambda _: {"tags": f"{REPOSITORY}:main\n{REPOSITORY}:latest"},
        "docker/build-push-action": lambda _: {"digest": digest},
    }
    machine.run(image, "image-shop")


def registry(programs: Programs, found: str, size: int = 1024) -> None:
    look = f'  *"inspect {REPOSITORY}:{TAG} "*) {found} ;;'
    programs.by_pattern("docker", look + INDEX.replace("SIZE", str(size)) + '  *"create"*) ;;')


def test_a_new_commit_is_built_and_gets_all_its_names(
    machine: Runner, image: Any, programs: Programs
) -> None:
    registry(programs, f'echo "ERROR: {REPOSITORY}:{TAG}: not found" >&2; exit 1')
    programs.answers("cosign", "")
    build(machine, image)
    assert machine.succeeded, machine.steps
    assert machine.outcomes()["Build"] == "success"
    created = next(call for call in programs.calls("docker") if "create" in call)
    assert created[3:] == [
        *("--tag", f"{REPOSITORY}:main", "--tag", f"{REPOSITORY}:latest"),
        f"{REPOSITORY}@sha256:index",
    ]
    assert programs.calls("cosign") == [
        ["sign", "--yes", "--recursive", f"{REPOSITORY}@sha256:index"]
    ]


def test_a_commit_that_was_built_is_only_named(
    machine: Runner, image: Any, programs: Programs
) -> None:
    registry(programs, "echo sha256:index")
    programs.answers("cosign", "")
    build(machine, image, digest="sha256:another")
    assert machine.succeeded, machine.steps
    assert machine.outcomes()["Build"] == "skipped"
    assert any(f"{REPOSITORY}@sha256:index" in call for call in programs.calls("docker"))


def test_an_image_that_somebody_else_has_pushed_is_built_again(
    machine: Runner, image: Any, programs: Programs
) -> None:
    registry(programs, "echo sha256:foreign")
    programs.by_pattern("cosign", "  verify*) echo no matching signatures >&2; exit 1 ;;")
    build(machine, image)
    assert machine.outcomes()["Build"] == "success"
    verify = programs.calls("cosign")[0]
    assert verify[verify.index("--certificate-identity-regexp") + 1].endswith(
        r"/image\.yml@refs/(heads/main|tags/.+)$"
    )
    assert not any("sha256:foreign" in str(call) for call in programs.calls("docker"))


def test_a_registry_that_does_not_answer_is_not_taken_for_empty(
    machine: Runner, image: Any, programs: Programs
) -> None:
    registry(programs, 'echo "connection refused" >&2; exit 1')
    build(machine, image)
    assert machine.outcomes()["Find this commit's image"] == "failure"
    assert machine.outcomes()["Build"] == "skipped"


@pytest.mark.parametrize(
    ("size", "outcome"), [(1024, "success"), (600 << 20, "failure")], ids=["small", "large"]
)
def test_an_image_over_its_limit_of_500_mib_fails(
    machine: Runner, image: Any, programs: Programs, size: int, outcome: str
) -> None:
    registry(programs, "echo sha256:index", size)
    programs.answers("cosign", "")
    build(machine, image)
    assert machine.outcomes()["Check the size"] == outcome
    assert f"| linux/amd64 | {(size + 1000 + (2 << 20)) >> 20} |" in machine.summary


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("running healthy", "success"), ("running unhealthy", "failure"), ("exited ", "failure")],
)
def test_an_image_has_to_turn_healthy(
    machine: Runner, image: Any, programs: Programs, state: str, outcome: str
) -> None:
    programs.by_pattern(
        "docker", f"  run*) echo container ;;\n  inspect*) echo '{state}' ;;\n  logs*) echo log ;;"
    )
    machine.context["needs"] = {"image-admin-site": {"outputs": {"digest": "sha256:index"}}}
    machine.run(image, "start-admin-site")
    assert machine.outcomes()["Start the image"] == outcome
    assert ["rm", "--force", "container"] in programs.calls("docker")
