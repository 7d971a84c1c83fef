"""Whether a certificate can serve: tried by a handshake in memory, as a browser would do it."""

from __future__ import annotations

import re
import ssl
import tempfile
import time
from collections.abc import Sequence
from typing import Any

DAY = 86400  # seconds
ROUNDS = 10  # of a handshake; TLS 1.3 needs three
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: Python names it from 3.10 on
FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def faults(pem: str, domains: Sequence[str]) -> list[str]:
    """Why `pem` (its own certificate, the chain, the key) cannot serve `domains`; mostly nothing.

    Whether a browser trusts its issuer is not looked at.
    """
    own = FIRST.search(pem)
    if own is None:
        return ["holds no certificate in PEM"]
    try:
        server = _server(pem)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return ["its key does not match"]
        return [f"cannot be used with its key ({error.reason or error})"]
    found = [_fault(server, own[0], name) for name in ["", *domains]]  # by itself first
    return [fault for fault in dict.fromkeys(found) if fault]


def _fault(server: ssl.SSLContext, own: str, name: str) -> str:
    """Why a client that asks for `name` turns away."""
    try:
        _meet(server, own, name)
    except ssl.SSLCertVerificationError as error:
        told = error.verify_message.rstrip(".")
        return f"does not name {name}" if "mismatch" in told else told
    return ""


def ends(pem: str) -> float:
    """When a certificate that serves ends, in seconds since the epoch; 0 for one that does not."""
    own = FIRST.search(pem)
    try:
        found = _meet(_server(pem), own[0] if own else "", "")
    except (ssl.SSLError, ValueError):
        return 0.0
    return float(ssl.cert_time_to_seconds(found["notAfter"]))


def warnings(pem: str, before: int) -> list[str]:
    """What is to be said of a certificate that ends within `before` days."""
    left = ends(pem) - time.time()
    if left >= before * DAY:
        return []
    when = f"in {left / DAY:.0f} days" if left > 0 else "now, or has ended"
    return [f"proxy: its certificate ends {when}. Renew the secret, then run `pulumi up`"]


def _server(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:  # 0600; the module reads files only
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name, password=lambda: "")  # else it would ask the terminal
    return context


def _meet(server: ssl.SSLContext, own: str, name: str) -> dict[str, Any]:
    """What a client that trusts just this certificate learns of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = bool(name)
    context.load_verify_locations(cadata=own)
    context.verify_flags |= PARTIAL_CHAIN
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(back, there, server_hostname=name or None)
    peer = server.wrap_bio(there, back, server_side=True)
    for _ in range(ROUNDS):
        if _shaken(client):
            break
        _shaken(peer)
    return client.getpeercert() or {}


def _shaken(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
