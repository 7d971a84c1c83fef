"""The workflow that builds each commit's images once, and names, signs, scans and starts them."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.image import Image
from slipway.settings.workflows import ImageWorkflow, Workflows
from slipway.settings.workflows_project import Project
from slipway.workflows import actions, images, registry
from slipway.workflows.model import (
    Concurrency,
    Job,
    Manual,
    Permissions,
    Refs,
    Run,
    Step,
    Triggers,
    Use,
    Workflow,
)
from slipway.workflows.steps import checkout, script

NAME = "Images"
FILE = "image.yml"
DIGEST = "steps.image.outputs.digest"
SCANNING = Permissions(actions="read", contents="read", packages="read", security_events="write")
SEVERITIES = ("low", "medium", "high", "critical")
TAGS = """\
type=sha,prefix=sha-
type=ref,event=branch
type=ref,event=tag
type=semver,pattern={{version}}
type=semver,pattern={{major}}.{{minor}}
type=raw,value=latest,enable={{is_default_branch}}
"""


def workflow(settings: Project, chosen: Workflows, how: ImageWorkflow) -> Workflow:
    """Pushes to the deployed branch, and release tags. One run at a time builds a commit."""
    jobs: dict[str, Job] = {}
    for name, image in settings.application.images.items():
        where = registry.repository(settings, name)
        suffix = f" ({name})" if len(settings.application.images) > 1 else ""
        first = images.job_id(f"image{suffix}")
        jobs[first] = Job(
            name=f"image{suffix}",
            runs_on=chosen.runner,
            timeout_minutes=45,
            permissions=Permissions(contents="read", packages="write", id_token="write"),  # noqa: S106
            outputs={"digest": f"${{{{ {DIGEST} }}}}"},
            steps=tuple(_build(settings, chosen, name, image, how)),
        )
        reference = f"{where}@${{{{ needs.{first}.outputs.digest }}}}"
        jobs[images.job_id(f"scan{suffix}")] = Job(
            name=f"scan{suffix}",
            needs=(first,),
            runs_on=chosen.runner,
            timeout_minutes=20,
            permissions=SCANNING,
            steps=(*registry.login(settings), *scan(name, reference, how)),
        )
        jobs[images.job_id(f"start{suffix}")] = Job(
            name=f"start{suffix}",
            needs=(first,),
            runs_on=chosen.runner,
            timeout_minutes=10,
            permissions=Permissions(packages="read"),
            steps=(*registry.login(settings), images.start(reference, how.start.get(name))),
        )
    return Workflow(
        NAME,
        Triggers(push=Refs((chosen.branch,), (chosen.release_tags,)), workflow_dispatch=Manual()),
        jobs,
        concurrency=Concurrency("image-${{ github.sha }}"),
    )


def _build(
    settings: Project, chosen: Workflows, name: str, image: Image, how: ImageWorkflow
) -> Iterator[Step]:
    where = registry.repository(settings, name)
    yield checkout()
    yield Use("Set up emulation", actions.SETUP_QEMU)
    yield Use("Set up Buildx", actions.SETUP_BUILDX)
    yield from registry.login(settings)
    yield Use(
        "Name the image",
        actions.DOCKER_METADATA,
        {"images": where, "tags": TAGS, "flavor": "latest=false"},
        id="names",
        env={"DOCKER_METADATA_SHORT_SHA_LENGTH": 12},
    )
    yield Use("Set up Cosign", actions.COSIGN)
    yield script(
        "Look for this commit's image",
        "find-image",
        {
            "IMAGE": where,
            "COMMIT": "${{ github.sha }}",
            "SERVER": "${{ github.server_url }}",
            "REPOSITORY": "${{ github.repository }}",
            "WORKFLOW": FILE,
            "BRANCH": chosen.branch,
        },
        id="found",
    )
    inputs = images.build_inputs(image)
    arguments = "VERSION=${{ steps.found.outputs.tag }}"
    yield Use(
        "Build",
        actions.DOCKER_BUILD,
        {
            **inputs,
            "build-args": "\n".join(filter(None, [str(inputs.get("build-args", "")), arguments])),
            "platforms": ",".join(how.platforms),
            "push": True,
            "tags": f"{where}:${{{{ steps.found.outputs.tag }}}}",
            "labels": "${{ steps.names.outputs.labels }}",
            "provenance": "mode=max",
            "sbom": True,
            "cache-from": f"type=gha,scope={name}",
            "cache-to": f"type=gha,scope={name},mode=max",
        },
        id="built",
        if_="steps.found.outputs.digest == ''",
    )
    yield script(
        "Tag the image",
        "tag-image",
        {
            "IMAGE": where,
            "DIGEST": "${{ steps.built.outputs.digest || steps.found.outputs.digest }}",
            "NAMES": "${{ steps.names.outputs.tags }}",
        },
        id="image",
    )
    yield script(
        "Size",
        "image-size",
        {"IMAGE": f"{where}@${{{{ {DIGEST} }}}}", "LIMIT": image.size_limit or 0},
    )
    # Signed with the job's own identity: there is no key that could be lost.
    yield Run(
        "Sign",
        'cosign sign --yes --recursive "$IMAGE"',
        env={"IMAGE": f"{where}@${{{{ {DIGEST} }}}}"},
    )


def scan(name: str, reference: str, how: ImageWorkflow) -> Iterator[Step]:
    """Two scanners with different databases. Both report to the Security tab and may fail."""
    counted = SEVERITIES[SEVERITIES.index(how.severity) :]
    category = images.job_id(name)
    yield Use(
        "Trivy",
        actions.TRIVY,
        {
            "image-ref": reference,
            "format": "sarif",
            "output": "trivy.sarif",
            "severity": ",".join(counted).upper(),
            "limit-severities-for-sarif": True,
            "ignore-unfixed": not how.unfixed,
            "exit-code": 1,
        },
    )
    yield _upload("Trivy", "trivy.sarif", f"trivy-{category}")
    yield Use(
        "Grype",
        actions.GRYPE,
        {
            "image": reference,
            "output-format": "sarif",
            "output-file": "grype.sarif",
            "severity-cutoff": how.severity,
            "only-fixed": not how.unfixed,
            "fail-build": True,
        },
        if_="!cancelled()",
    )
    yield _upload("Grype", "grype.sarif", f"grype-{category}")


def _upload(scanner: str, file: str, category: str) -> Use:
    return Use(
        f"Upload what {scanner} found",
        actions.UPLOAD_SARIF,
        {"sarif_file": file, "category": category},
        if_=f"!cancelled() && hashFiles('{file}') != ''",
    )
