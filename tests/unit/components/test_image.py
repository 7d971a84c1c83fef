"""A version is built and pushed once, and used as it is ever after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from components import build
from components.image import Image
from slipway.deployment.deployment import ImageDeployment, RegistryAccess
from slipway.errors import SlipwayError
from slipway.observe.registry import Credentials
from slipway.settings.application import Image as Build
from tests.unit.components import engine

REPOSITORY = "r.example.org:5000/acme/shop"
DIGEST, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
BUILT = {"shop-build": {"repoDigest": f"{REPOSITORY}@{DIGEST}"}}
TAGS = {"sha": "sha-0123456789ab", "latest": "latest"}
CHILDREN = {
    "shop-build": "docker:index/image:Image",
    "shop-sha-tag": "docker:index/tag:Tag",
    "shop-sha": "docker:index/registryImage:RegistryImage",
    "shop-latest-tag": "docker:index/tag:Tag",
    "shop-latest": "docker:index/registryImage:RegistryImage",
}


@pytest.fixture(autouse=True)
def without_buildkit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "has_buildkit", lambda: False)


def fits(digest: str) -> int:
    """A registry for which every image has just the bytes of the limit."""
    return 300


def silent(digest: str) -> int:
    """A registry that does not answer."""
    raise SlipwayError("it cannot be reached", where="registry")


def image(
    published: str | None,
    *,
    declared: frozenset[str] = frozenset(),
    known: frozenset[str] = frozenset(),
    login: Credentials | None = None,
    limit: int | None = 300,
    size: Callable[[str], int] = fits,
    preview: bool = False,
    outputs: Mapping[str, dict[str, Any]] = BUILT,
) -> tuple[engine.Engine, str | None]:
    """The engine, and the image's reference."""
    deployment = ImageDeployment(
        registry=RegistryAccess("r.example.org:5000/acme", False, login),
        repository=REPOSITORY,
        version="v1",
        digest=published,
        build=Build(context="shop", arguments={"BASE": "python"}, size_limit=limit),
        tags=TAGS,
        known=known,
        declared=declared,
    )
    return engine.run(
        lambda: Image("shop", {"deployment": deployment, "size": size}).reference,
        outputs=outputs,
        preview=preview,
    )


def test_a_new_version_is_built_and_pushed_under_its_tag() -> None:
    recorded, reference = image(None)
    assert reference == f"{REPOSITORY}@{DIGEST}"
    assert recorded["shop-build"].inputs == {
        "imageName": f"{REPOSITORY}:v1",
        "build": {
            "builderVersion": "BuilderV1",
            "context": "shop",
            "dockerfile": "shop/Dockerfile",
            "args": {"BASE": "python", "VERSION": "v1"},
            "platform": "linux/amd64",
        },
        "buildOnPreview": False,
        "skipPush": False,
    }


def test_further_tags_follow_the_build_that_they_name() -> None:
    recorded, _ = image(None)
    for role, tag in TAGS.items():
        tagged, pushed = recorded[f"shop-{role}-tag"], recorded[f"shop-{role}"]
        assert tagged.inputs["sourceImage"] == f"{REPOSITORY}:v1"
        assert tagged.inputs["targetImage"] == pushed.inputs["name"] == f"{REPOSITORY}:{tag}"
        assert tagged.depends_on == {"shop-build"}
        assert "shop-" + role + "-tag" in pushed.depends_on
        assert pushed.inputs["triggers"] == {"digest": f"{REPOSITORY}@{DIGEST}"}


def test_all_of_an_image_lies_in_its_component_and_outlives_the_stack() -> None:
    recorded, _ = image(None)
    assert recorded.registered.keys() == {"shop", *CHILDREN}
    for name, kind in CHILDREN.items():
        assert recorded[name].kind == kind
        assert recorded[name].parent == "shop"
        assert recorded[name].retained
        assert recorded[name].ignored == ()


def test_a_published_version_that_was_not_built_here_makes_no_resource() -> None:
    recorded, reference = image(OTHER)
    assert recorded.registered.keys() == {"shop"}
    assert reference == f"{REPOSITORY}@{OTHER}"


def test_a_published_version_that_was_built_here_is_left_as_it_is() -> None:
    recorded, reference = image(OTHER, declared=frozenset(CHILDREN))
    assert recorded.registered.keys() == {"shop", *CHILDREN}
    assert all(recorded[name].ignored == ("*",) for name in CHILDREN)
    assert reference == f"{REPOSITORY}@{OTHER}"


def test_a_tag_that_the_state_does_not_hold_is_not_made_for_a_published_version() -> None:
    declared = frozenset({"shop-build", "shop-sha", "shop-sha-tag"})
    recorded, _ = image(OTHER, declared=declared)
    assert recorded.registered.keys() == {"shop", *declared}


def test_a_preview_of_a_build_knows_no_reference_yet_and_measures_nothing() -> None:
    recorded, reference = image(None, size=silent, preview=True, outputs={})
    assert recorded.registered.keys() == {"shop", *CHILDREN}
    assert reference is None


@pytest.mark.parametrize("published", [None, OTHER], ids=["built", "published"])
def test_an_image_over_its_limit_is_refused(published: str | None) -> None:
    with pytest.raises(pulumi.RunError) as error:
        image(published, size=lambda digest: 301)
    assert str(error.value) == (
        "application/images/shop/size_limit: the image's download is 301, more than its 300 limit."
        " Make the image smaller, or raise the limit"
    )


def test_the_digest_that_is_used_is_the_one_that_is_measured() -> None:
    sizes = {DIGEST: 300, OTHER: 301}
    assert image(None, size=sizes.__getitem__)[1] == f"{REPOSITORY}@{DIGEST}"
    with pytest.raises(pulumi.RunError, match="more than its 300 limit"):
        image(OTHER, size=sizes.__getitem__)


def test_a_registry_that_does_not_tell_the_size_is_an_error() -> None:
    with pytest.raises(pulumi.RunError, match="registry: it cannot be reached"):
        image(OTHER, size=silent)


def test_an_image_without_a_limit_is_not_measured() -> None:
    assert image(OTHER, limit=None, size=silent)[1] == f"{REPOSITORY}@{OTHER}"


def test_what_has_run_here_goes_back_whatever_its_size_and_without_the_registry() -> None:
    known = frozenset({OTHER})
    assert image(OTHER, known=known, size=silent)[1] == f"{REPOSITORY}@{OTHER}"
    with pytest.raises(pulumi.RunError):
        image(DIGEST, known=known, size=silent)


def test_the_password_of_the_registry_is_a_secret() -> None:
    recorded, _ = image(None, login=Credentials("ann", "s3same"))
    assert "registry" in recorded["shop-build"].secret
    assert recorded["shop-build"].inputs["registry"] == {
        "server": "r.example.org:5000", "username": "ann", "password": "s3same",
    }  # fmt: skip


def test_buildkit_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "has_buildkit", lambda: True)
    assert "builderVersion" not in image(None)[0]["shop-build"].inputs["build"]
