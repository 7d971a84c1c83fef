"""GitHub's own descriptions of its interfaces, from npm: pinned, checked by hash, cached.

npm is used as the machine has it set up, so a mirror or a proxy works too.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import graphql

from lab import paths
from lab.command import run
from slipway.errors import SlipwayError

DOWNLOAD_LIMIT: Final = 300.0  # seconds, for 29 MB


@dataclass(frozen=True)
class Package:
    """One file of an npm package."""

    name: str
    version: str
    integrity: str
    file: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


OPENAPI: Final = Package(
    "@octokit/openapi",
    "23.0.2",
    "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    "package/generated/api.github.com.json",
)
GRAPHQL: Final = Package(
    "@octokit/graphql-schema",
    "15.26.1",
    "sha512-RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
    "package/schema.graphql",
)


@functools.cache
def openapi() -> dict[str, Any]:
    """The REST interface of github.com. Raises SlipwayError when it can't be downloaded."""
    document: dict[str, Any] = json.loads(_file(OPENAPI).read_bytes())
    return document


@functools.cache
def graphql_schema() -> graphql.GraphQLSchema:
    """The GraphQL interface of github.com, executable. Raises SlipwayError."""
    document = graphql.parse(_file(GRAPHQL).read_text(), no_location=True)
    return graphql.build_ast_schema(document, assume_valid=True)


def _file(package: Package) -> Path:
    name = f"{package.name.replace('/', '-').strip('@')}-{package.version}"
    kept = paths.cache() / f"{name}{Path(package.file).suffix}"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            archive = _download(package, Path(folder))
            with tarfile.open(archive) as tar, (Path(folder) / "file").open("wb") as file:
                content = tar.extractfile(package.file)
                file.write(content.read() if content else b"")
            (Path(folder) / "file").rename(kept)
    return kept


def _download(package: Package, folder: Path) -> Path:
    """Fetch a package's archive. Raises SlipwayError when it is missing or not the pinned one."""
    run(
        ["npm", "pack", str(package), "--silent", "--pack-destination", str(folder)],
        limit=DOWNLOAD_LIMIT,
        folder=folder,
        remedy="Check that npm reaches its registry (`npm ping`)",
    )
    archive = next(folder.glob("*.tgz"))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise SlipwayError(
            f"its archive has the hash sha512-{digest}, not {package.integrity}",
            where=f"npm {package}",
            remedy="Do not use it before you know why it differs",
        )
    return archive
