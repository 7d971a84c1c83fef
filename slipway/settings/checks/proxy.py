"""Whether the proxy has what HTTPS needs."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.checks.references import unset
from slipway.settings.errors import Fault
from slipway.settings.settings import Settings


def faults(settings: Settings) -> Iterator[Fault]:
    """Faults of the settings in `proxy` that concern HTTPS."""
    proxy = settings.proxy
    if proxy.certificate is not None and proxy.certificate not in settings.secrets:
        # A certificate written here by mistake is not repeated.
        yield unset(("proxy", "certificate"), "is not the name of an entry in `secrets`", "NAME")
    if proxy.https_port is None:
        for key in ("certificate", "hsts"):
            if getattr(proxy, key):
                remedy = "For example: `https_port: 443`."
                yield Fault(("proxy", key), "needs `https_port`", remedy)
        return
    if proxy.certificate is None:
        remedy = "Name the secret that holds the certificate with its key."
        yield Fault(("proxy", "https_port"), "needs `certificate`", remedy)
    if proxy.https_port == proxy.http_port:
        what = f"{proxy.https_port} is `http_port` already"
        yield Fault(("proxy", "https_port"), what, "Choose another, such as 443.")
