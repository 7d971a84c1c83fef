"""Offline stand-ins for Pulumi's official `command` and `docker` plugins.

They are for machines where the official plugins cannot be downloaded. They have the same tokens,
answer as the official ones were recorded to answer (`tests/conformance`), do the real work over
SSH and the Docker Engine, and reject by name whatever they do not cover.

They use the SDK's protocol classes and not `pulumi.provider.experimental`: that framework adds its
own stack trace to every error text, passes neither the old inputs to a diff nor the engine's log to
a resource, and cannot keep a step running when the engine ends.
"""
