"""The workflow that builds each commit's images once, and tags, signs, scans and starts them."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.ci import actions, image_steps, registry
from slipway.ci.model import (
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
from slipway.ci.steps import checkout, script
from slipway.settings.application import Image
from slipway.settings.workflows import ImageWorkflow, Project, Workflows

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
    """On pushes to the deployed branch and on release tags; one run at a time for each commit."""
    jobs: dict[str, Job] = {}
    for name, image in settings.application.images.items():
        where = registry.repository(settings, name)
        suffix = f" ({name})" if len(settings.application.images) > 1 else ""
        first = image_steps.job_id(f"image{suffix}")
        jobs[first] = Job(
            name=f"image{suffix}",
            runs_on=chosen.runner,
            timeout_minutes=45,
            permissions=Permissions(contents="read", packages="write", id_token="write"),  # noqa: S106
            outputs={"digest": f"${{{{ {DIGEST} }}}}"},
            steps=tuple(_build(settings, chosen, name, image, how)),
        )
        reference = f"{where}@${{{{ needs.{first}.outputs.digest }}}}"
        jobs[image_steps.job_id(f"scan{suffix}")] = Job(
            name=f"scan{suffix}",
            needs=(first,),
            runs_on=chosen.runner,
            timeout_minutes=20,
            permissions=SCANNING,
            steps=(*registry.login(settings), *scan(name, reference, how)),
        )
        jobs[image_steps.job_id(f"start{suffix}")] = Job(
            name=f"start{suffix}",
            needs=(first,),
            runs_on=chosen.runner,
            timeout_minutes=10,
            permissions=Permissions(packages="read"),
            steps=(*registry.login(settings), image_steps.start(reference, how.start.get(name))),
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
    yield Use("Set up QEMU", actions.SETUP_QEMU)
    yield Use("Set up Buildx", actions.SETUP_BUILDX)
    yield from registry.login(settings)
    yield Use(
        "Choose the tags",
        actions.DOCKER_METADATA,
        {"images": where, "tags": TAGS, "flavor": "latest=false"},
        id="names",
        env={"DOCKER_METADATA_SHORT_SHA_LENGTH": 12},
    )
    yield Use("Set up Cosign", actions.COSIGN)
    yield script(
        "Find this commit's image",
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
    inputs = image_steps.build_inputs(image)
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
        "Check the size",
        "image-size",
        {"IMAGE": f"{where}@${{{{ {DIGEST} }}}}", "LIMIT": image.size_limit or 0},
    )
    # Signed with the job's OIDC token: there is no key that could be lost.
    yield Run(
        "Sign",
        'cosign sign --yes --recursive "$IMAGE"',
        env={"IMAGE": f"{where}@${{{{ {DIGEST} }}}}"},
    )


def scan(name: str, reference: str, how: ImageWorkflow) -> Iterator[Step]:
    """Two scanners with different databases; both report to the Security tab."""
    counted = SEVERITIES[SEVERITIES.index(how.severity) :]
    category = image_steps.job_id(name)
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
        f"Upload the findings of {scanner}",
        actions.UPLOAD_SARIF,
        {"sarif_file": file, "category": category},
        if_=f"!cancelled() && hashFiles('{file}') != ''",
    )
