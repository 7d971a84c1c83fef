"""The build of an image and what is pushed of it: the one thing that needs Docker's provider."""

from __future__ import annotations

import subprocess

import pulumi
import pulumi_docker as docker

from components.image import ImageArgs
from slipway.catalogue import credentials
from slipway.registry import Credentials
from slipway.settings import Settings
from slipway.settings.image import Image as Build


def declare(name: str, args: ImageArgs, parent: pulumi.Resource) -> docker.Image:
    """An image that is built, and its tags; one that was built before is left as it is."""
    done = args["published"] is not None
    opts = pulumi.ResourceOptions(
        parent=parent,
        ignore_changes=["*"] if done else None,
        retain_on_delete=True,  # images outlive the stack: other environments run them
    )
    version = f"{args['repository']}:{args['version']}"
    built = docker.Image(
        f"{name}-build",
        image_name=version,
        build=build_args(args["build"], args["version"]),
        registry=push_registry(args["repository"], args["login"]),
        opts=opts,
    )
    for role, tag in args["tags"].items():
        if done and f"{name}-{role}" not in args["kept"]:
            continue
        target = f"{args['repository']}:{tag}"
        tagged = docker.Tag(
            f"{name}-{role}-tag",
            source_image=version,
            target_image=target,
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
    """What Docker is asked to build; VERSION is always an argument."""
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
    """Whether this machine's Docker client can build with BuildKit; Debian's comes without."""
    probe = ["docker", "buildx", "version"]
    return subprocess.run(probe, capture_output=True, timeout=30, check=False).returncode == 0


def push_registry(repository: str, login: Credentials | None) -> docker.RegistryArgs | None:
    """The login for the push of an image, if the registry asks for one."""
    if login is None:
        return None
    return docker.RegistryArgs(
        server=repository.partition("/")[0],
        username=login.username,
        password=pulumi.Output.secret(login.password),
    )


def docker_provider(settings: Settings) -> docker.Provider:
    """The engine of this machine, with what it needs to know of the registry."""
    login, registry = credentials(settings), settings.registry
    scheme = "http" if registry.insecure else "https"
    auth = docker.ProviderRegistryAuthArgs(
        address=f"{scheme}://{registry.address.partition('/')[0]}",
        auth_disabled=login is None,
        username=login.username if login else None,
        password=pulumi.Output.secret(login.password) if login else None,
    )
    return docker.Provider("docker", registry_auth=[auth])
