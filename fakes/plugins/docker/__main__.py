"""`python -m fakes.plugins.docker` serves the plugin and prints its port."""

import sys

from ..resource import Plugin
from ..serve import serve
from .image import Image
from .local_images import RemoteImage, Tag
from .registry_images import GetRegistryImage, RegistryImage
from .settings import SETTINGS, check_config, current

PLUGIN = Plugin(
    name="docker",
    version="5.2.0",
    resources=[Image(), Tag(), RemoteImage(), RegistryImage()],
    functions=[GetRegistryImage()],
    accepts_secrets=False,
    compares_config=True,
    settings=SETTINGS,
    check_config=check_config,
    configure=current.configure,
    extra_capabilities={"supports_autonaming_configuration": True},
)

if __name__ == "__main__":
    serve(PLUGIN, sys.argv[1:])
