"""The recorded conversations, put to the plugin at hand and compared with its answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .plugin import CallError, Plugin

FOLDER = Path(__file__).parent / "recordings"

# What the official docker plugin keeps for the Terraform bridge beneath it.
BRIDGE_KEYS = ("__meta", "__pulumi_raw_state_delta")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
CONTEXT = re.compile(r"\b[0-9a-f]{64}\b")
UNIQUE_ID = re.compile(r"[0-9a-f]{8}$")


@dataclass(frozen=True)
class Exchange:
    """One call of the engine and the official plugin's answer."""

    title: str
    step: str
    method: str
    request: dict[str, Any]
    answer: dict[str, Any]
    error: str


def load(name: str) -> dict[str, list[Exchange]]:
    """The plugin's recorded conversation by step, in order."""
    steps: dict[str, list[Exchange]] = {}
    for index, line in enumerate((FOLDER / f"{name}.jsonl").read_text().splitlines()):
        exchange = _exchange(index, json.loads(line))
        steps.setdefault(exchange.step, []).append(exchange)
    return steps


def _exchange(index: int, line: dict[str, Any]) -> Exchange:
    request = line["request"]
    title = request.get("name") or request.get("tok", "").rsplit(":", 1)[-1]
    return Exchange(
        f"{index:03} {line['method']} {title}",
        line["step"],
        line["method"],
        request,
        line.get("response", {}),
        (line.get("errors") or [""])[0],
    )


def replay(plugin: Plugin, exchange: Exchange, places: dict[str, Any]) -> None:
    """Puts the request, and compares answer or error apart from digests and unique ids."""
    request = substitute(exchange.request, places)
    if exchange.error:
        with pytest.raises(CallError) as caught:
            plugin.call(exchange.method, request)
        assert _words(caught.value.text) == _words(exchange.error), exchange.title
        return
    answer = plugin.call(exchange.method, request)
    expected = substitute(exchange.answer, places)
    assert normal(answer) == normal(expected), exchange.title
    if exchange.method == "Create" and "id" in expected:
        assert _id_shape(answer["id"]) == _id_shape(expected["id"]), exchange.title


def substitute(value: Any, places: dict[str, Any]) -> Any:
    """The recorded stand-ins replaced by what is real here."""
    if isinstance(value, dict):
        replaced = {key: substitute(item, places) for key, item in value.items()}
        if "host" in replaced and "port" in replaced:
            replaced |= {"port": places["port"], "user": places["user"]}
        return replaced
    if isinstance(value, list):
        return [substitute(item, places) for item in value]
    if isinstance(value, str):
        for stand_in, real in places.items():
            if isinstance(real, str) and stand_in != "user":
                value = value.replace(stand_in, real)
    return value


def normal(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in BRIDGE_KEYS and not (k == "id" and v)}
        return {k: normal(v, k) for k, v in kept.items()}
    if isinstance(value, list):
        items = [normal(item) for item in value]
        return sorted(items) if key in ("diffs", "replaces", "stables") else items
    if isinstance(value, str):
        return CONTEXT.sub("<hash>", DIGEST.sub("<digest>", value))
    return value


def _id_shape(resource_id: str) -> str:
    return UNIQUE_ID.sub("<unique>", DIGEST.sub("<digest>", resource_id))


def _words(error: str) -> list[str]:
    """Two output streams arrive in any order, so lines are compared without regard to it."""
    return sorted(error.splitlines())
