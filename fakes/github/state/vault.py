"""Secrets, really sealed and opened, and variables: of a repository or an environment."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Final

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from fakes.github.state.identity import Thing, number

NAME: Final = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", re.IGNORECASE)
"""GitHub's rule for the names of secrets and variables."""


@dataclass(kw_only=True)
class Secret(Thing):
    """A secret as the jobs would see it; no answer has the value."""

    name: str
    value: str = field(repr=False)


@dataclass(kw_only=True)
class Variable(Thing):
    """A variable."""

    name: str
    value: str


@dataclass
class Vault:
    """Names are upper case whatever case they are written in."""

    secrets: dict[str, Secret] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    key_id: str = field(default_factory=lambda: str(number() * 10**12))
    _key: PrivateKey = field(default_factory=PrivateKey.generate, repr=False)

    @property
    def public_key(self) -> str:
        """Base64."""
        return base64.b64encode(bytes(self._key.public_key)).decode()

    def open(self, sealed: str) -> str:
        """What was sealed for this vault. Raises ValueError for anything else."""
        try:
            return SealedBox(self._key).decrypt(base64.b64decode(sealed, validate=True)).decode()
        except CryptoError as error:
            raise ValueError("not sealed with this key") from error

    def put_secret(self, name: str, value: str) -> bool:
        """Set a secret; whether it is a new one."""
        known = self.secrets.get(name.upper())
        if known:
            known.value = value
            known.touch()
        else:
            self.secrets[name.upper()] = Secret(name=name.upper(), value=value)
        return known is None

    def put_variable(self, name: str, value: str) -> bool:
        """Set a variable; whether it is a new one."""
        known = self.variables.get(name.upper())
        if known:
            known.value = value
            known.touch()
        else:
            self.variables[name.upper()] = Variable(name=name.upper(), value=value)
        return known is None
