"""A stand-in for HashiCorp's Vault, by which Pulumi opens the states of tests at once.

From a passphrase it derives a state's key for a quarter of a second, whenever it starts. A key that
a Vault has encrypted it only sends there to be decrypted; this one encrypts nothing.
"""

from __future__ import annotations

import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

SECRETS_PROVIDER: Final = "hashivault://test"


@cache
def environment() -> dict[str, str]:
    """What `pulumi` needs to reach it; it runs for as long as this process does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Transit)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}"}


class _Transit(BaseHTTPRequestHandler):
    """The two calls of Vault's engine for encryption that Pulumi makes."""

    def do_PUT(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = {"ciphertext": asked.get("plaintext"), "plaintext": asked.get("ciphertext")}
        answer = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nowhere."""
