from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from slipway.github.encryption import encrypt

PRIVATE = PrivateKey.generate()
PUBLIC = b64encode(PRIVATE.public_key.encode()).decode()
OTHER = b64encode(PrivateKey.generate().public_key.encode()).decode()


@given(st.text())
@settings(max_examples=20, deadline=None)
def test_github_opens_what_was_sealed(value: str) -> None:
    box = b64decode(encrypt(value, PUBLIC, "KEY"))
    assert SealedBox(PRIVATE).decrypt(box).decode() == value


def test_the_same_secret_is_sealed_the_same_so_that_nothing_is_written() -> None:
    assert encrypt("value", PUBLIC, "KEY 0") == encrypt("value", PUBLIC, "KEY 0")


def test_another_value_name_generation_or_key_shows() -> None:
    boxes = {
        encrypt("value", PUBLIC, "KEY 0"),
        encrypt("rotated", PUBLIC, "KEY 0"),
        encrypt("value", PUBLIC, "TWIN 0"),
        encrypt("value", PUBLIC, "KEY 1"),
        encrypt("value", OTHER, "KEY 0"),
    }
    assert len(boxes) == 5


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        encrypt("value", b64encode(b"short").decode(), "KEY")
