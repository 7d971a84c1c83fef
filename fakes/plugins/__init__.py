"""Offline stand-ins for Pulumi's official `command` and `docker` plugins.

They serve places where the official plugins cannot be downloaded. They speak the same tokens,
answer as the official ones were recorded to answer (`tests/conformance`), do the real work over
SSH and the Docker Engine, and refuse by name whatever they do not cover.

They stand on the SDK's protocol classes rather than on `pulumi.provider.experimental`: that
framework adds its own stack trace to every error text, passes neither the old inputs to a diff
nor the engine's log to a resource, and cannot keep a step running when the engine goes away.
"""
