from __future__ import annotations

import json
from typing import Any

import pulumi

from components.record import Record
from slipway.record import Releases
from tests.unit.components import engine

V1, V2 = {"web": "shop@sha256:1"}, {"web": "shop@sha256:2"}


def recorded(before: Releases, version: str, images: dict[str, str]) -> Any:
    found, _ = engine.run(
        lambda: Record(
            "shop",
            {
                "before": before,
                "version": pulumi.Output.from_input(version),
                "images": pulumi.Output.from_input(images),
            },
        )
    )
    assert found["shop-releases"].parent == "shop"
    assert found["shop-releases"].inputs["create"] == "cat"
    return json.loads(found["shop-releases"].inputs["stdin"])


def test_what_the_servers_report_is_added_to_what_ran_before() -> None:
    assert recorded({"v1": V1}, "v2", V2) == {"v1": V1, "v2": V2}


def test_a_version_that_ran_before_leaves_the_record_as_it_is() -> None:
    assert list(recorded({"v1": V1, "v2": V2}, "v1", V1)) == ["v1", "v2"]
