"""Third-party actions, each pinned to the commit of a released tag.

A tag can be moved to other code after a review; a commit cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Action:
    """An action at one commit of its repository."""

    name: str
    commit: str
    version: str

    @property
    def reference(self) -> str:
        """The value of `uses:`."""
        return f"{self.name}@{self.commit}"


CHECKOUT: Final = Action("actions/checkout", "de0fac2e4500dabe0009e67214ff5f5447ce83dd", "v6.0.2")
SETUP_PYTHON: Final = Action(
    "actions/setup-python", "a309ff8b426b58ec0e2a45f0f869d46889d02405", "v6.2.0"
)
SETUP_NODE: Final = Action(
    "actions/setup-node", "48b55a011bda9f5d6aeb4c2d9c7362e8dae4041e", "v6.4.0"
)
UPLOAD_ARTIFACT: Final = Action(
    "actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"
)
CODECOV: Final = Action(
    "codecov/codecov-action", "671740ac38dd9b0130fbe1cec585b89eea48d3de", "v5.5.2"
)
UPLOAD_SARIF: Final = Action(
    "github/codeql-action/upload-sarif", "89a39a4e59826350b863aa6b6252a07ad50cf83e", "v4.32.4"
)
SETUP_QEMU: Final = Action(
    "docker/setup-qemu-action", "ce360397dd3f832beb865e1373c09c0e9f86d70a", "v4.0.0"
)
SETUP_BUILDX: Final = Action(
    "docker/setup-buildx-action", "4d04d5d9486b7bd6fa91e7baf45bbb4f8b9deedd", "v4.0.0"
)
DOCKER_LOGIN: Final = Action(
    "docker/login-action", "b45d80f862d83dbcd57f89517bcf500b2ab88fb2", "v4.0.0"
)
DOCKER_METADATA: Final = Action(
    "docker/metadata-action", "030e881283bb7a6894de51c315a6bfe6a94e05cf", "v6.0.0"
)
DOCKER_BUILD: Final = Action(
    "docker/build-push-action", "d08e5c354a6adb9ed34480a06d141179aa583294", "v7.0.0"
)
COSIGN: Final = Action(
    "sigstore/cosign-installer", "faadad0cce49287aee09b3a48701e75088a2c6ad", "v4.0.0"
)
TRIVY: Final = Action(
    "aquasecurity/trivy-action", "ed142fd0673e97e23eac54620cfb913e5ce36c25", "v0.36.0"
)
GRYPE: Final = Action("anchore/scan-action", "e1165082ffb1fe366ebaf02d8526e7c4989ea9d2", "v7.4.0")
K6: Final = Action("grafana/setup-k6-action", "db07bd9765aac508ef18982e52ab937fe633a065", "v1.2.1")
AWS_CREDENTIALS: Final = Action(
    "aws-actions/configure-aws-credentials", "8df5847569e6427dd6c4fb1cf565c83acfa8afa7", "v6.0.0"
)
PULUMI: Final = Action("pulumi/actions", "8e5e406f4007fca908480587cb9893c07090f58d", "v7.0.0")
PULUMI_LOGIN: Final = Action(
    "pulumi/auth-actions", "1c89817aab0c66407723cdef72b05266e7376640", "v1.0.1"
)

ALL: Final = tuple(each for each in list(globals().values()) if isinstance(each, Action))
