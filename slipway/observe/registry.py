"""The images in an OCI registry, by the distribution API; read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from slipway.errors import SlipwayError
from slipway.observe.limits import bytes_limit, within
from slipway.observe.registry_login import LoginError, RefusedError, RegistryAuth
from slipway.versions import newest_first

TIMEOUT = 15.0  # seconds for one read or write
TOTAL = 30.0  # seconds for one request, with login and redirects
ANSWER_LIMIT = 8 * 2**20  # bytes; registries accept manifests of at most 4 MiB
CONNECT_TIMEOUT = 5.0  # seconds; short, because a rollback works without the registry
PAGES = 100  # of a list of tags; registries return 100 to 10,000 tags on a page

_API_HOSTS = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
"""Docker Hub's images have another name than its registry."""

# Every manifest type that a pull accepts: with fewer, a registry may convert the manifest, and its
# digest changes.
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)


@dataclass(frozen=True)
class Credentials:
    """A user of a registry, and the password or token."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Published:
    """What a registry has for one version, or why that is unknown."""

    digests: Mapping[str, str | None]
    """By image name; None for an image that has no such tag."""
    tags: tuple[str, ...] = ()
    """Those of the first image that lacks the version, newest first, if requested."""
    fault: SlipwayError | None = None


class Registry:
    """One registry and a path in it, such as `ghcr.io/acme`; use it as a context manager.

    Every method raises SlipwayError when the registry cannot be reached or refuses the credentials.
    """

    def __init__(
        self,
        address: str,
        *,
        insecure: bool = False,
        credentials: Credentials | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.address = address
        self._host, _, self._path = address.partition("/")
        self._insecure, self._credentials = insecure, credentials
        login = httpx.BasicAuth(credentials.username, credentials.password) if credentials else None
        scheme = "http" if insecure else "https"
        self._client = httpx.Client(
            base_url=f"{scheme}://{_API_HOSTS.get(self._host, self._host)}/v2/",
            timeout=httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
            headers={"accept-encoding": "identity"},
            auth=RegistryAuth(login),
            event_hooks={"response": [bytes_limit(ANSWER_LIMIT)]},
            transport=transport,
            follow_redirects=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def repository(self, image: str) -> str:
        """The full name of an image without tag and digest."""
        return f"{self.address}/{image}"

    def reference(self, image: str, *, tag: str = "", digest: str = "") -> str:
        """The full name of an image, as Docker writes it."""
        return self.repository(image) + (f"@{digest}" if digest else f":{tag}")

    def published(self, images: Sequence[str], version: str, *, tags: bool) -> Published:
        """What it has for a version; with `tags` also the tags of an image that lacks it."""
        try:
            digests = {name: self.digest(name, version) for name in images}
            missing = [name for name, digest in digests.items() if digest is None]
            known = self.tags(missing[0]) if tags and missing else []
        except SlipwayError as error:
            return Published({}, fault=error)
        return Published(digests, tuple(known))

    def digest(self, image: str, tag: str) -> str | None:
        """The digest that a tag stands for; None if there is no such tag."""
        answer = self._get("HEAD", image, f"manifests/{tag}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        digest = self._checked(answer).headers.get("docker-content-digest")
        if not digest:
            raise SlipwayError(
                f"it returned no digest for {self.reference(image, tag=tag)}",
                where=f"registry {self.address}",
                remedy="Use a registry that sends Docker-Content-Digest",
            )
        return str(digest)

    def tags(self, image: str) -> list[str]:
        """All tags of an image, newest version first; empty if the registry has no such image.

        A list of more than `PAGES` pages is cut off there.
        """
        found: list[str] = []
        page = "tags/list"
        for _ in range(PAGES):
            answer = self._get("GET", image, page)
            if answer.status_code == httpx.codes.NOT_FOUND:
                break
            found += self._json(answer).get("tags") or []
            following = answer.links.get("next", {}).get("url")
            if following is None:
                break
            # Only the query of the URL is used, so that the token is sent to no other host.
            page = f"tags/list?{answer.url.join(following).query.decode()}"
        return newest_first(found)

    def size(self, image: str, digest: str) -> int:
        """Bytes that a pull of the largest platform downloads: configuration and packed layers."""
        manifest = self._json(self._get("GET", image, f"manifests/{digest}"))
        platforms = manifest.get("manifests")
        if platforms is not None:
            return max(self.size(image, each["digest"]) for each in platforms)
        return int(manifest["config"]["size"]) + sum(
            int(layer["size"]) for layer in manifest["layers"]
        )

    def _get(self, method: str, image: str, what: str) -> httpx.Response:
        name = f"{self._path}/{image}" if self._path else image
        request = self._client.build_request(
            method, f"{name}/{what}", headers={"accept": _MANIFESTS}
        )
        try:
            answer = within(TOTAL, lambda: self._client.send(request))
        except RefusedError:
            raise self._refused() from None
        except LoginError as error:
            raise SlipwayError(
                str(error),
                where=f"registry {self.address}",
                remedy="Check registry/address in the stack file, and the registry's log",
            ) from None
        except TimeoutError:
            raise self._unreachable(f"no answer within {TOTAL:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(str(error)) from error
        if self._insecure and answer.url.scheme == "https" and answer.url.host == request.url.host:
            raise SlipwayError(
                "it redirects plain HTTP to HTTPS",
                where=f"registry {self.address}",
                remedy="Remove registry/insecure from the stack file",
            )
        return answer

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            content: dict[str, Any] = self._checked(answer).json()
        except ValueError:
            raise SlipwayError(
                f"its answer to {answer.request.url.path} is not JSON",
                where=f"registry {self.address}",
                remedy="Check that registry/address in the stack file is the address of a registry",
            ) from None
        return content

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise self._refused()
        if answer.is_error:
            raise SlipwayError(
                f"it answered {answer.status_code} to {answer.request.url.path}",
                where=f"registry {self.address}",
                remedy="See the registry's log",
            )
        return answer

    def _unreachable(self, reason: str) -> SlipwayError:
        return SlipwayError(
            f"it cannot be reached: {reason}",
            where=f"registry {self.address}",
            remedy="Check registry/address in the stack file, and that the registry runs",
        )

    def _refused(self) -> SlipwayError:
        return SlipwayError(
            "it rejects the credentials" if self._credentials else "it requires credentials",
            where=f"registry {self.address}",
            remedy="Set registry/username and registry/password to a user that may read the images",
        )
