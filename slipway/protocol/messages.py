"""Requests and answers as text: which belong together, and how they are written and read.

A request is one JSON object on the agent's standard input, an answer one line on its standard
output. Both contain the number of this protocol; any other number is rejected.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slipway.errors import SlipwayError
from slipway.protocol import answers, requests
from slipway.protocol.codec import MismatchError, from_json, to_json
from slipway.rollout.step import Step

PROTOCOL: Final = 2
"""Goes up with every change of a request, an answer, or a value in them."""
LARGEST_REQUEST: Final = 4 * 1024 * 1024  # characters


@dataclass(frozen=True)
class Exchange:
    """The types of a step's request and of its answer."""

    request: type[Any]
    answer: type[Any]


EXCHANGES: Final[Mapping[Step, Exchange]] = {
    Step.PREFLIGHT: Exchange(requests.PreflightRequest, answers.PreflightAnswer),
    Step.PULL: Exchange(requests.PullRequest, answers.RolloutAnswer),
    Step.MIGRATE: Exchange(requests.MigrateRequest, answers.MigrateAnswer),
    Step.START: Exchange(requests.StartRequest, answers.RolloutAnswer),
    Step.SMOKE: Exchange(requests.SmokeRequest, answers.RolloutAnswer),
    Step.SWITCH: Exchange(requests.SwitchRequest, answers.RolloutAnswer),
    Step.PREPARE: Exchange(requests.PrepareRequest, answers.RolloutAnswer),
    Step.COMMIT: Exchange(requests.CommitRequest, answers.RolloutAnswer),
    Step.ABORT: Exchange(requests.AbortRequest, answers.AbortAnswer),
    Step.RESOLVE: Exchange(requests.ResolveRequest, answers.ResolveAnswer),
    Step.ACCESSORY: Exchange(requests.AccessoryRequest, answers.AccessoryAnswer),
    Step.STATUS: Exchange(requests.StatusRequest, answers.StatusAnswer),
    Step.DIAGNOSE: Exchange(requests.DiagnoseRequest, answers.DiagnoseAnswer),
    Step.LOGS: Exchange(requests.LogsRequest, answers.LogsAnswer),
    Step.LOCK: Exchange(requests.LockRequest, answers.LockAnswer),
    Step.UNLOCK: Exchange(requests.UnlockRequest, answers.LockAnswer),
}


def write_request(request: Any) -> str:
    """The text of a request; it may hold secrets."""
    return _write("request", request)


def read_request(step: Step, text: str) -> Any:
    """Raises SlipwayError for what is not the request of this step."""
    if len(text) > LARGEST_REQUEST:
        raise SlipwayError(f"it is larger than {LARGEST_REQUEST} characters", where="request")
    return _read("request", EXCHANGES[step].request, text)


def write_answer(answer: Any) -> str:
    """The text of an answer, in one line."""
    return _write("answer", answer)


def read_answer(step: Step, text: str) -> Any:
    """Raises SlipwayError for what is not the answer to this step."""
    return _read("answer", EXCHANGES[step].answer, text)


def _write(name: str, value: Any) -> str:
    return json.dumps({"protocol": PROTOCOL, name: to_json(value)}, sort_keys=True)


def _read(name: str, kind: type[Any], text: str) -> Any:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise SlipwayError("it is not JSON", where=name, remedy="Run `pulumi up`") from None
    if not isinstance(data, dict) or type(data.get("protocol")) is not int:
        raise SlipwayError("it has no protocol number", where=name, remedy="Run `pulumi up`")
    if data["protocol"] != PROTOCOL:
        raise SlipwayError(
            f"it has protocol {data['protocol']} instead of {PROTOCOL}",
            where=name,
            remedy="Use the version of Slipway that deployed there",
        )
    if data.keys() != {"protocol", name}:
        extra = ", ".join(sorted(data.keys() ^ {"protocol", name}))
        raise MismatchError(f"unknown or missing: {extra}", where=name)
    return from_json(kind, data[name], name)
