"""What all servers reported is added to what ran before, and kept in the stack's state."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from components.release_log import ReleaseLog
from slipway.deployment import release_log
from tests.unit.components import engine

V1, V2 = {"web": "shop@sha256:1"}, {"web": "shop@sha256:2"}


def logged(
    before: release_log.ReleaseLog, version: str, images: dict[str, str]
) -> tuple[engine.Engine, Any]:
    """The engine, and the log that is kept."""
    found, put_out = engine.run(
        lambda: (
            ReleaseLog(
                "shop",
                {
                    "before": before,
                    "version": pulumi.Output.from_input(version),
                    "images": pulumi.Output.from_input(images),
                },
            ).releases
        ),
        outputs={"shop-releases": {"stdout": "kept"}},
    )
    assert put_out == "kept"
    return found, json.loads(found["shop-releases"].inputs["stdin"])


def test_the_log_is_what_a_command_on_this_machine_prints() -> None:
    found, _ = logged({}, "v1", V1)
    assert found.registered.keys() == {"shop", "shop-releases"}
    kept = found["shop-releases"]
    assert kept.kind == "command:local:Command"
    assert kept.parent == "shop"
    assert kept.inputs["create"] == "cat"
    assert kept.inputs["logging"] == "none"
    assert kept.inputs["addPreviousOutputInEnv"] is False
    assert kept.inputs.keys().isdisjoint({"update", "delete", "triggers"})


def test_the_log_is_found_again_in_the_state() -> None:
    urn = (
        "urn:pulumi:staging::slipway::slipway:index:ReleaseLog$command:local:Command::shop-releases"
    )
    stdin = logged({}, "v1", V1)[0]["shop-releases"].inputs["stdin"]
    assert release_log.read({urn: {"outputs": {"stdout": stdin}}}, "shop") == {"v1": V1}


def test_what_the_servers_report_is_added_to_what_ran_before() -> None:
    assert logged({"v1": V1}, "v2", V2)[1] == {"v1": V1, "v2": V2}


def test_a_version_that_was_rolled_back_to_leaves_the_log_as_it_is() -> None:
    before = {"v1": V1, "v2": V2}
    found = logged(before, "v1", V1)[1]
    assert (found, list(found)) == (before, ["v1", "v2"])


def test_a_version_with_other_images_is_the_newest_with_these() -> None:
    found = logged({"v1": V1, "v2": V2}, "v1", V2)[1]
    assert list(found.items()) == [("v2", V2), ("v1", V2)]
