"""HTTPS needs a port, a certificate, and no port that is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.slipway.settings.sample import faults

SECRET = "secrets: {CERTIFICATE: pem}"


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        (
            "{https_port: 443}",
            (
                "https_port: needs `certificate`. "
                "Name the secret that holds the certificate with its key."
            ),
        ),
        (
            "{certificate: CERTIFICATE}",
            "certificate: needs `https_port`. For example: `https_port: 443`.",
        ),
        ("{hsts: 600}", "hsts: needs `https_port`. For example: `https_port: 443`."),
        (
            "{https_port: 80, certificate: CERTIFICATE}",
            "https_port: 80 is `http_port` already. Choose another, such as 443.",
        ),
        (
            "{https_port: 443, certificate: OTHER}",
            (
                "certificate: is not the name of an entry in `secrets`. "
                "Set it: `pulumi config set --secret --path 'slipway:secrets.NAME'`."
            ),
        ),
    ],
)
def test_https_that_cannot_work_is_a_fault(folder: Path, proxy: str, told: str) -> None:
    assert faults(folder, f"{SECRET}\nproxy: {proxy}") == [f"staging/proxy/{told}"]


def test_a_port_and_a_certificate_are_enough(folder: Path) -> None:
    assert faults(folder, f"{SECRET}\nproxy: {{https_port: 443, certificate: CERTIFICATE}}") == []
