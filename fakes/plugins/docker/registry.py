"""The registry's API: get the digest of a name, and delete it."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import httpx

from ..resource import PluginError
from .names import ImageName
from .settings import Credential

_SECONDS: Final = 30.0
_HUB: Final = {"https://docker.io": "https://registry-1.docker.io"}
_MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.oci.image.index.v1+json"
)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class NotFoundError(PluginError):
    """The registry does not have this image."""


async def manifest_digest(name: ImageName, login: Credential, *, verify: bool = True) -> str:
    """The name's digest, `sha256:...`; raises NotFoundError or PluginError."""
    response = await _request("HEAD", name, login, verify)
    digest = response.headers.get("docker-content-digest")
    if digest:
        return str(digest)
    body = (await _request("GET", name, login, verify)).content
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


async def delete_manifest(name: ImageName, login: Credential, *, verify: bool = True) -> None:
    """Delete the manifest with the name's digest; a missing one is not an error."""
    try:
        await _request("DELETE", name, login, verify)
    except NotFoundError:
        return


async def _request(method: str, name: ImageName, login: Credential, verify: bool) -> httpx.Response:
    address = login.address.rstrip("/")
    base = _HUB.get(address, address)
    url = f"{base}/v2/{name.repository}/manifests/{name.reference}"
    headers = {"Accept": _MANIFESTS}
    try:
        async with httpx.AsyncClient(
            verify=verify, timeout=_SECONDS, follow_redirects=True
        ) as client:
            response = await client.request(method, url, headers=headers)
            if response.status_code == httpx.codes.UNAUTHORIZED:
                headers["Authorization"] = await _authorization(client, response, login)
                response = await client.request(method, url, headers=headers)
    except httpx.HTTPError as error:
        raise PluginError(f"Error during registry request: {method} {url}: {error}") from error
    if response.status_code == httpx.codes.NOT_FOUND:
        raise NotFoundError("got bad response from registry: 404 Not Found")
    if response.is_error:
        status = f"{response.status_code} {response.reason_phrase}"
        raise PluginError(f"got bad response from registry: {status}")
    return response


async def _authorization(
    client: httpx.AsyncClient, refusal: httpx.Response, login: Credential
) -> str:
    """The Authorization header for the registry's challenge."""
    challenge = refusal.headers.get("www-authenticate", "")
    basic = httpx.BasicAuth(login.username, login.password) if login.username else None
    parameters = dict(_PARAMETER.findall(challenge))
    if challenge.lower().startswith("bearer") and "realm" in parameters:
        realm = parameters.pop("realm")
        granted = await client.get(realm, params=parameters, auth=basic)
        granted.raise_for_status()
        answer = granted.json()
        return f"Bearer {answer.get('token') or answer['access_token']}"
    if basic is None:
        raise PluginError("got bad response from registry: 401 Unauthorized")
    return str(next(basic.auth_flow(refusal.request)).headers["Authorization"])
