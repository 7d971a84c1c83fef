"""Secrets are encrypted before they enter the state: only GitHub can decrypt them."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import Final

from nacl.public import Box, PrivateKey, PublicKey

SCRYPT_COST: Final = 1 << 12  # n; 4 MiB and about 10 ms, paid for each secret in every preview


def encrypt(value: str, public_key: str, context: str) -> str:
    """The value as libsodium's sealed box for `public_key`, both in Base64 as GitHub has them.

    The same value for the same key and context gives the same box, so that Pulumi detects a changed
    secret without keeping its value. That is "Encrypt-with-Hash" of Bellare, Boldyreva and O'Neill
    (Deterministic and Efficiently Searchable Encryption, CRYPTO 2007): the box's own key pair is
    derived from a hash of the value. The hash is scrypt, so that a weak value is expensive to guess
    from a box; in the state the box is encrypted once more. `context`, such as the secret's name,
    keeps equal values apart. Raises ValueError for an invalid key.
    """
    recipient = PublicKey(b64decode(public_key, validate=True))
    salt = blake2b(recipient.encode() + context.encode(), digest_size=32).digest()
    seed = hashlib.scrypt(value.encode(), salt=salt, n=SCRYPT_COST, r=8, p=1, dklen=32)
    sender = PrivateKey(seed)
    nonce = blake2b(sender.public_key.encode() + recipient.encode(), digest_size=Box.NONCE_SIZE)
    box = Box(sender, recipient).encrypt(value.encode(), nonce.digest()).ciphertext
    return b64encode(sender.public_key.encode() + box).decode()
