"""An image that is built once, pushed under its version, and never again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from typing import TypedDict

import pulumi
import pulumi_docker as docker

from components.stack import plain_errors
from slipway.catalogue import credentials
from slipway.registry import Credentials
from slipway.settings import Settings
from slipway.settings.image import Image as Build


class ImageArgs(TypedDict):
    """What an image is made from, and what must hold for it."""

    repository: str
    """REGISTRY/NAME, without a tag."""
    version: str
    """The tag that stands for this content for ever."""
    published: str | None
    """The digest that the registry has for the version; None if it is to be built."""
    build: Build
    """What to build, from which folder."""
    tags: Mapping[str, str]
    """Further tags for what is built, by their role (sha, branch, latest)."""
    kept: frozenset[str]
    """Names of the resources in the stack's state, among them those of this image's last build."""
    login: Credentials | None
    """For the push."""
    check: Callable[[str], None]
    """Raises for a digest that must not be rolled out, such as that of an image over its limit."""


class Image(pulumi.ComponentResource):
    """A version that the registry has is used as it is; one that it lacks is built and pushed.

    So re-applying an earlier version builds nothing, and no version comes to mean something else.
    """

    reference: pulumi.Output[str]
    """REPOSITORY@DIGEST; unknown in a preview of a build."""

    def __init__(
        self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:index:Image", name, None, opts)
        repository, published, check = args["repository"], args["published"], args["check"]
        built = self._build(name, args)
        if published is None and built is not None:
            digest = built.repo_digest.apply(lambda text: text.partition("@")[2])
        else:
            digest = pulumi.Output.from_input(published or "")

        def checked(value: str) -> str:
            with plain_errors():
                check(value)
            return f"{repository}@{value}"

        self.reference = digest.apply(checked)
        self.register_outputs({"reference": self.reference})

    def _build(self, name: str, args: ImageArgs) -> docker.Image | None:
        """The build and its tags; of a published version what the state has, left as it is."""
        done = args["published"] is not None
        opts = pulumi.ResourceOptions(
            parent=self,
            ignore_changes=["*"] if done else None,
            retain_on_delete=True,  # images outlive the stack: other environments run them
        )
        if done and f"{name}-build" not in args["kept"]:
            return None
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
                opts=pulumi.ResourceOptions.merge(
                    opts, pulumi.ResourceOptions(depends_on=[tagged])
                ),
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
