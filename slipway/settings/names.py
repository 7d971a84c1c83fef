"""Types of names, addresses and references, each with the form that it requires."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import Annotated, Final

from slipway.settings.types import Text

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PART: Final = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_PATH: Final = rf"{_PART}(?:/{_PART})*"
_REGISTRY: Final = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
_TAG: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST: Final = r"@sha256:[0-9a-f]{64}"
_KEY_TYPES: Final = r"ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)"

_host_key = re.compile(rf"({_KEY_TYPES}) ([A-Za-z0-9+/]+={{0,2}})(?: .*)?")
_domain = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_host(text: str) -> bool:
    """Whether `text` is a host name or an address."""
    return is_address(text) or bool(_domain.fullmatch(text.lower()))


def is_host_key(text: str) -> bool:
    """Whether `text` is a public key as OpenSSH writes one: its type, then its base64."""
    match = _host_key.fullmatch(text)
    if not match:
        return False
    try:
        blob = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        return False
    name = match[1].encode()
    return blob.startswith(len(name).to_bytes(4, "big") + name) and len(blob) > len(name) + 4


def is_network(text: str) -> bool:
    """Whether `text` is an IPv4 network, written as its own address and its length."""
    try:
        return str(ipaddress.IPv4Network(text)) == text
    except ValueError:
        return False


def is_pattern(text: str) -> bool:
    """Whether `text` is a regular expression that Python accepts."""
    try:
        re.compile(text)
    except re.error:
        return False
    return True


Label = Annotated[
    str,
    Text(
        "name",
        rule="must be a DNS label (a-z, 0-9 and inner hyphens, at most 63)",
        fits=re.compile(_LABEL).fullmatch,
    ),
]
Version = Annotated[
    str,
    Text(
        "version",
        rule="must be an image tag (letters, digits, `_`, inner `.` and `-`, at most 128)",
        fits=re.compile(_TAG).fullmatch,
    ),
]
ImageName = Annotated[
    str,
    Text(
        "image name",
        rule="must be an image name (a-z, 0-9, separated by `.`, `_`, `-` or `/`)",
        fits=re.compile(rf"(?=.{{1,200}}$){_PATH}").fullmatch,
    ),
]
ImageReference = Annotated[
    str,
    Text(
        "image reference",
        rule="must be an image with a tag or a digest",
        fits=re.compile(rf"(?:{_REGISTRY}/)?{_PATH}(?::{_TAG}(?:{_DIGEST})?|{_DIGEST})").fullmatch,
    ),
]
RegistryAddress = Annotated[
    str,
    Text(
        "registry address",
        rule="must be a registry's host, its port and path if any, without https://",
        fits=re.compile(rf"{_REGISTRY}(?:/{_PART})*").fullmatch,
    ),
]
Platform = Annotated[
    str,
    Text(
        "platform",
        rule="must be a Linux platform",
        fits=re.compile(r"linux/[a-z0-9]+(?:/v[0-9]+)?").fullmatch,
    ),
]
Domain = Annotated[
    str,
    Text("domain", rule="must be a domain (lower case, without a port)", fits=_domain.fullmatch),
]
Host = Annotated[str, Text("host", rule="must be a host name or an address", fits=is_host)]
Address = Annotated[str, Text("address", rule="must be an IP address", fits=is_address)]
HostKey = Annotated[
    str,
    Text("public key", rule="must be a public key as OpenSSH writes it", fits=is_host_key),
]
User = Annotated[
    str,
    Text(
        "user",
        rule="must be a Linux user name",
        fits=re.compile(r"[a-z_][a-z0-9_-]{0,31}").fullmatch,
    ),
]
StackName = Annotated[
    str,
    Text(
        "stack",
        rule="must be a stack's name (STACK, or ORGANIZATION/PROJECT/STACK)",
        fits=re.compile(r"[A-Za-z0-9_.-]{1,100}(?:(?:/[A-Za-z0-9_.-]{1,100}){2})?").fullmatch,
    ),
]
VariableName = Annotated[
    str,
    Text(
        "variable name",
        rule="must be a variable name (letters, digits and `_`, not first a digit)",
        fits=re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}").fullmatch,
    ),
]
SecretName = Annotated[
    str,
    Text(
        "secret name",
        rule="must be a secret's name (A-Z, 0-9 and `_`, not first a digit)",
        fits=re.compile(r"[A-Z_][A-Z0-9_]{0,127}").fullmatch,
    ),
]
ContainerPath = Annotated[
    str,
    Text(
        "path",
        rule="must be an absolute path without `:` and `..`",
        fits=re.compile(r"/(?!.*(?:^|/)\.\.(?:/|$))[^:\0]+").fullmatch,
    ),
]
UrlPath = Annotated[
    str,
    Text("URL path", rule="must begin with `/`", fits=re.compile(r"/[!-~]*").fullmatch),
]
WebAddress = Annotated[
    str,
    Text(
        "web address",
        rule="must be a web address",
        fits=re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~%/-]*)?").fullmatch,
    ),
]
Pattern = Annotated[
    str, Text("regular expression", rule="must be a regular expression", fits=is_pattern)
]
Network = Annotated[
    str,
    Text(
        "network",
        rule="must be an IPv4 network, written as its own address and its length",
        fits=is_network,
    ),
]
Ref = Annotated[
    str,
    Text(
        "branch or tag",
        rule="must be a branch or tag (letters, digits, `.`, `_`, `-`, `/`, and `*` as a wildcard)",
        fits=re.compile(r"[A-Za-z0-9*][A-Za-z0-9._/*-]{0,243}").fullmatch,
    ),
]
