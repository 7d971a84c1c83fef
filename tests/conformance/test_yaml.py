"""Scalars of stack files are read as Pulumi reads them, by asking Go's YAML v3 itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway import go_yaml
from toolchain import peers

WORDS = """
y Y yes no on off true True TRUE tRue false null Null NULL ~ .inf -.INF .nan <<
0 010 08 0o17 0O17 0b11 0x1F 1_000 1e3 1E+3 1. .5 .5e3 1.10 12:30:45 +.5 0777 _1 1__0 1e999
-0b11 -0o7 9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616
2026-11-29 2026-1-2 2026-13-01 2026-02-30 2026-11-29T10:00:00Z 2026-11-29t1:2:3.50+02:00
2026-11-29T10:00:00 2026-11-29-1
"""
TIMES = ("2026-11-29 10:00:00", "2026-11-29 10:00:00.120", "2026-11-29 10:00:00Z")
KNOWN = st.sampled_from([*WORDS.split(), *TIMES])
SIGNED = st.tuples(st.sampled_from("+-"), KNOWN).map("".join)
ANY = st.text(alphabet="0123456789abefinox_.:+-eETtZ yYs", max_size=12)
SCALARS = st.one_of(KNOWN, SIGNED, ANY)


@pytest.fixture(scope="module")
def program() -> Path:
    return peers.program("yaml-values")


@settings(max_examples=150)
@given(texts=st.lists(SCALARS, min_size=1, max_size=40))
def test_a_scalar_is_what_go_makes_of_it(program: Path, texts: list[str]) -> None:
    lines = "".join(f"{json.dumps(text)}\n" for text in texts)
    said = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    for text, line in zip(texts, said.stdout.splitlines(), strict=True):
        expected = json.loads(line)
        try:
            found = go_yaml.load(f"value: {text}\n")["value"]
        except (yaml.YAMLError, TypeError):
            continue  # PyYAML's grammar is a little narrower; what it reads it reads alike
        if expected in ("cannot be read", "cannot be written"):
            continue
        if isinstance(found, float):  # Go's JSON has whole numbers for some
            expected = float(expected)
        assert (found, type(found)) == (expected, type(expected)), text
