"""Property values as the engine sends them: JSON, with marks for secrets, assets and unknowns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]

Struct = dict[str, Any]

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_MARK: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (public constant)
ASSET_MARK: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_MARK: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

# The engine has one unknown for each type; the SDK only sends the first of them.
_UNKNOWNS: Final = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


def decode(message: struct_pb2.Struct) -> Struct:
    """The message as plain JSON values."""
    decoded: Struct = json_format.MessageToDict(message)
    return decoded


def encode(values: Struct) -> struct_pb2.Struct:
    """The values as a message; the inverse of `decode`."""
    message: struct_pb2.Struct = json_format.ParseDict(values, struct_pb2.Struct())
    return message


def is_secret(value: Any) -> bool:
    """Whether the value as a whole is marked secret."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET_MARK


def is_asset(value: Any) -> bool:
    """Whether the value is a file or an archive."""
    return isinstance(value, dict) and value.get(SIGNATURE) in (ASSET_MARK, ARCHIVE_MARK)


def secret(value: Any) -> Any:
    """The value marked secret, once."""
    return value if is_secret(value) else {SIGNATURE: SECRET_MARK, "value": value}


def plain(value: Any) -> Any:
    """The value without secret marks, for work and comparison, never for an answer."""
    if is_secret(value):
        return plain(value["value"])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Whether the value, or anything in it, is only known after the update."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, str) and value in _UNKNOWNS


def mark_secrets(value: Any, keys: Iterable[str]) -> Any:
    """An object with the named members marked secret; a mark of the whole object stays."""
    if is_secret(value):
        return secret(mark_secrets(value["value"], keys))
    if not isinstance(value, dict):
        return value
    wanted = frozenset(keys)
    return {
        key: secret(item) if key in wanted and item is not None else item
        for key, item in value.items()
    }
