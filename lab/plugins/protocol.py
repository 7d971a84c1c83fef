"""The protocol classes of Pulumi's SDK, without the rest of it.

To import the SDK takes half of the time in which a plugin starts, and every preview and every
update starts each of its plugins.
"""

from __future__ import annotations

import importlib.util
import sys


def _skip(package: str) -> None:
    """Let modules in the package be imported, and not the package's own content."""
    spec = importlib.util.find_spec(package)
    if spec and package not in sys.modules:
        sys.modules[package] = importlib.util.module_from_spec(spec)


_skip("pulumi")
_skip("pulumi.runtime")

from pulumi.runtime import proto  # noqa: E402
from pulumi.runtime.proto import engine_pb2, provider_pb2, provider_pb2_grpc  # noqa: E402
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub  # noqa: E402

__all__ = ["EngineStub", "engine_pb2", "proto", "provider_pb2", "provider_pb2_grpc"]
