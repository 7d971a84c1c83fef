"""The build of an image and the push of its tags, by Docker's provider."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from slipway import process
from slipway.deployment.deployment import ImageDeployment, RegistryAccess
from slipway.settings.application import Image as Build

PROBE_LIMIT = 30.0  # seconds for `docker buildx version`


def declare(name: str, deployment: ImageDeployment, parent: pulumi.Resource) -> docker.Image:
    """An image to build, and its tags; an image that is already built is not changed."""
    done, repository = deployment.digest is not None, deployment.repository
    opts = pulumi.ResourceOptions(
        parent=parent,
        ignore_changes=["*"] if done else None,
        retain_on_delete=True,  # images outlive the stack: other environments run them
    )
    version = f"{repository}:{deployment.version}"
    built = docker.Image(
        f"{name}-build",
        image_name=version,
        build=build_args(deployment.build, deployment.version),
        registry=push_registry(deployment.registry),
        opts=opts,
    )
    for role, tag in deployment.tags.items():
        if done and f"{name}-{role}" not in deployment.declared:
            continue
        tagged = docker.Tag(
            f"{name}-{role}-tag",
            source_image=version,
            target_image=f"{repository}:{tag}",
            tag_triggers=[built.repo_digest],
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[built])),
        )
        docker.RegistryImage(
            f"{name}-{role}",
            name=tagged.target_image,
            keep_remotely=True,
            triggers={"digest": built.repo_digest},
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[tagged])),
        )
    return built


def build_args(build: Build, version: str) -> docker.DockerBuildArgs:
    """The arguments of the build; VERSION is always a build argument."""
    classic = None if has_buildkit() else docker.BuilderVersion.BUILDER_V1
    return docker.DockerBuildArgs(
        builder_version=classic,
        context=build.context,
        dockerfile=f"{build.context}/{build.dockerfile}",
        args={**build.arguments, "VERSION": version},
        platform=build.platform,
        target=build.target,
    )


def has_buildkit() -> bool:
    """Whether this machine's Docker client has BuildKit; Debian's does not."""
    probe = process.run(
        ["docker", "buildx", "version"], limit=PROBE_LIMIT, remedy="Install Docker's client"
    )
    return probe.returncode == 0


def push_registry(access: RegistryAccess) -> docker.RegistryArgs | None:
    """The login for the push of an image, if the registry needs one."""
    if access.login is None:
        return None
    return docker.RegistryArgs(
        server=access.host,
        username=access.login.username,
        password=pulumi.Output.secret(access.login.password),
    )


def docker_provider(access: RegistryAccess) -> docker.Provider:
    """The provider for this machine's engine, with the login for the registry."""
    login = access.login
    scheme = "http" if access.insecure else "https"
    auth = docker.ProviderRegistryAuthArgs(
        address=f"{scheme}://{access.host}",
        auth_disabled=login is None,
        username=login.username if login else None,
        password=pulumi.Output.secret(login.password) if login else None,
    )
    return docker.Provider("docker", registry_auth=[auth])
