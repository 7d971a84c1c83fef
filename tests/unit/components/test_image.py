"""A version is built and pushed once, and used as it is ever after."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest

from components import build
from components.image import Image
from slipway.errors import SlipwayError
from slipway.registry import Credentials
from slipway.settings.image import Image as Build
from tests.unit.components import engine

REPOSITORY = "r.example.org:5000/acme/shop"
DIGEST, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
BUILT = {"shop-build": {"repoDigest": f"{REPOSITORY}@{DIGEST}"}}
TAGS = {"sha": "sha-0123456789ab", "latest": "latest"}
RESOURCES = {
    "shop-build", "shop-sha-tag", "shop-sha", "shop-latest-tag", "shop-latest",
}  # fmt: skip
CHILDREN = {
    "docker:index/image:Image", "docker:index/tag:Tag",
    "docker:index/registryImage:RegistryImage",
}  # fmt: skip


@pytest.fixture(autouse=True)
def without_buildkit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "has_buildkit", lambda: False)


def image(
    published: str | None,
    *,
    kept: frozenset[str] = frozenset(),
    login: Credentials | None = None,
    check: Callable[[str], None] = lambda digest: None,
    preview: bool = False,
) -> tuple[engine.Engine, str | None]:
    return engine.run(
        lambda: (
            Image(
                "shop",
                {
                    "repository": REPOSITORY,
                    "version": "v1",
                    "published": published,
                    "build": Build(context="shop", arguments={"BASE": "python"}),
                    "tags": TAGS,
                    "kept": kept,
                    "login": login,
                    "check": check,
                },
            ).reference
        ),
        outputs=BUILT,
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
    assert recorded.registered.keys() == {"shop", *RESOURCES}
    for name in RESOURCES:
        assert recorded[name].parent == "shop"
        assert recorded[name].retained
        assert recorded[name].ignored == ()


def test_a_published_version_that_was_not_built_here_makes_no_resource() -> None:
    recorded, reference = image(OTHER)
    assert recorded.registered.keys() == {"shop"}
    assert reference == f"{REPOSITORY}@{OTHER}"


def test_a_published_version_that_was_built_here_is_left_as_it_is() -> None:
    recorded, reference = image(OTHER, kept=frozenset(RESOURCES))
    assert recorded.registered.keys() == {"shop", *RESOURCES}
    assert all(recorded[name].ignored == ("*",) for name in RESOURCES)
    assert reference == f"{REPOSITORY}@{OTHER}"


def test_a_tag_that_the_state_does_not_hold_is_not_made_for_a_published_version() -> None:
    kept = frozenset({"shop-build", "shop-sha", "shop-sha-tag"})
    recorded, _ = image(OTHER, kept=kept)
    assert recorded.registered.keys() == {"shop", *kept}


def test_the_digest_is_checked_before_it_is_used() -> None:
    def too_large(digest: str) -> None:
        assert digest == DIGEST
        raise SlipwayError("it is too large")

    with pytest.raises(pulumi.RunError, match="it is too large"):
        image(None, check=too_large)


def test_the_password_of_the_registry_is_a_secret() -> None:
    recorded, _ = image(None, login=Credentials("ann", "s3same"))
    assert "registry" in recorded["shop-build"].secret
    assert recorded["shop-build"].inputs["registry"] == {
        "server": "r.example.org:5000", "username": "ann", "password": "s3same",
    }  # fmt: skip


def test_buildkit_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "has_buildkit", lambda: True)
    assert "builderVersion" not in image(None)[0]["shop-build"].inputs["build"]
