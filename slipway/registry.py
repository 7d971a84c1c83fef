"""What an OCI registry holds, by the distribution API; read-only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from slipway.errors import SlipwayError
from slipway.versions import newest_first
from slipway.web import WITHOUT_TLS, httpx

TIMEOUT = 15.0  # seconds for one request
CONNECT_TIMEOUT = 5.0  # seconds: what ran here before can come back without it
PAGES = 100  # of a list of tags; registries give 100 to 10,000 tags a page

# Every manifest type that a pull accepts: asked for fewer, a registry converts, and the digest is
# another one.
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
    password: str


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
        self._credentials = credentials
        self._tokens: dict[str, str] = {}
        scheme = "http" if insecure else "https"
        self._client = httpx.Client(
            base_url=f"{scheme}://{self._host}/v2/",
            timeout=httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
            transport=transport,
            verify=WITHOUT_TLS if insecure else True,
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

    def digest(self, image: str, tag: str) -> str | None:
        """The digest that a tag stands for; None if there is no such tag."""
        answer = self._get("HEAD", image, f"manifests/{tag}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        digest = self._checked(answer).headers.get("docker-content-digest")
        if not digest:
            raise SlipwayError(
                f"it gave no digest for {self.reference(image, tag=tag)}",
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
            found += self._checked(answer).json().get("tags") or []
            following = answer.links.get("next", {}).get("url")
            if following is None:
                break
            # Only the query of the address: the token goes to no other host.
            page = f"tags/list?{answer.url.join(following).query.decode()}"
        return newest_first(found)

    def size(self, image: str, digest: str) -> int:
        """Bytes that a pull of the largest platform downloads: configuration and packed layers."""
        manifest = self._checked(self._get("GET", image, f"manifests/{digest}")).json()
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
        if name in self._tokens:
            request.headers["authorization"] = self._tokens[name]
        try:
            answer = self._client.send(request)
            if answer.status_code == httpx.codes.UNAUTHORIZED and name not in self._tokens:
                self._tokens[name] = self._authorization(answer.headers.get("www-authenticate", ""))
                return self._get(method, image, what)
        except httpx.HTTPError as error:
            raise SlipwayError(
                f"it cannot be reached: {error}",
                where=f"registry {self.address}",
                remedy="Check registry/address in the stack file, and that the registry runs",
            ) from error
        return answer

    def _authorization(self, challenge: str) -> str:
        """The header that answers a 401, by the registry token protocol or HTTP basic."""
        scheme, _, rest = challenge.partition(" ")
        login = None
        if self._credentials:
            login = httpx.BasicAuth(self._credentials.username, self._credentials.password)
        if scheme.lower() != "bearer":
            if login is None:
                raise self._refused()
            return str(
                next(login.auth_flow(httpx.Request("GET", self._client.base_url))).headers[
                    "authorization"
                ]
            )
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        realm = fields.pop("realm", "")
        answer = self._client.get(realm, params=fields, auth=login or httpx.USE_CLIENT_DEFAULT)
        if answer.is_error:
            raise self._refused()
        try:
            body = answer.json()
            return f"Bearer {body.get('token') or body['access_token']}"
        except (ValueError, KeyError, AttributeError):
            raise SlipwayError(
                "its login service gave no token",
                where=f"registry {self.address}",
                remedy="See the registry's own log",
            ) from None

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise self._refused()
        if answer.is_error:
            raise SlipwayError(
                f"it answered {answer.status_code} to {answer.request.url.path}",
                where=f"registry {self.address}",
                remedy="See the registry's own log",
            )
        return answer

    def _refused(self) -> SlipwayError:
        return SlipwayError(
            "it refuses the credentials" if self._credentials else "it asks for credentials",
            where=f"registry {self.address}",
            remedy="Set registry/username and registry/password to one that may read the images",
        )
