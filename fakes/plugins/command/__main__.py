"""`python -m fakes.plugins.command` serves the plugin and prints its port."""

import sys

from ..resource import Plugin
from ..serve import serve
from ..values import Struct
from .copy import CopyToRemote
from .interruption import interruption
from .local import LocalCommand, LocalRun
from .remote import RemoteCommand

# The official plugin keeps the version of its framework in the state of its provider.
_FRAMEWORK = {"__pulumi-go-provider-version": "1.2.0"}


def _with_framework(settings: Struct) -> Struct:
    return {**settings, **_FRAMEWORK}


PLUGIN = Plugin(
    name="command",
    version="1.2.1",
    resources=[RemoteCommand(), CopyToRemote(), LocalCommand()],
    functions=[LocalRun()],
    accepts_secrets=True,
    compares_config=False,
    check_config=_with_framework,
    cancel=interruption.set,
)

if __name__ == "__main__":
    serve(PLUGIN, sys.argv[1:])
