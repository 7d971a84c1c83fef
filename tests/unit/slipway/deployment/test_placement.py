"""No accessory leaves its data behind because the list of servers has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.deployment import placement
from slipway.errors import SlipwayError
from slipway.settings import load
from slipway.settings.overrides import merged
from tests.unit.slipway.settings import sample

FLEET = f"""
servers:
  one: {{host: 10.88.0.11, host_key: {sample.KEY}, private_address: 10.0.0.1}}
  two: {{host: 10.88.0.12, host_key: {sample.OTHER_KEY}, private_address: 10.0.0.2}}
application:
  accessories:
    postgres: {{volumes: {{data: /data}}}}
    redis: {{image: "redis:7", volumes: {{data: /data}}}}
    cache: {{image: "redis:7"}}
"""
URN = "urn:pulumi:staging::slipway::slipway:index:"


def check(folder: Path, before: dict[str, str], servers: str = "{}") -> list[str]:
    """What is warned of, where the settings name `servers` of accessories."""
    values = merged(
        sample.changed(FLEET), {"application": {"accessories": yaml.safe_load(servers)}}
    )
    assert isinstance(values, dict)
    settings = load(sample.STACK, values, sample.project(folder))
    return list(placement.check(sample.STACK, settings, before))


def test_what_a_stack_has_placed_comes_from_its_accessories_alone() -> None:
    resources: dict[str, dict[str, Any]] = {
        f"{URN}Accessory::redis": {"outputs": {"server": "one"}},
        f"{URN}Accessory$command:remote:Command::redis-run": {"outputs": {}},
        f"{URN}Accessory::unfinished": {"outputs": {}},
        f"{URN}Server::two": {"outputs": {"server": "two"}},
    }
    assert placement.placed(resources) == {"redis": "one"}


@pytest.mark.parametrize("before", [{}, {"postgres": "one", "redis": "one", "cache": "one"}])
def test_an_accessory_that_stays_or_is_new_is_nothing_to_tell(
    tmp_path: Path, before: dict[str, str]
) -> None:
    assert check(tmp_path, before) == []


def test_an_accessory_without_volumes_moves_freely(tmp_path: Path) -> None:
    assert check(tmp_path, {"cache": "two"}) == []


def test_every_accessory_that_would_start_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError) as told:
        check(tmp_path, {"postgres": "two", "redis": "two", "cache": "two"})
    assert str(told.value).splitlines() == [
        f"staging/application/accessories/{name}: its volumes are on `two`, and it would start "
        "empty on `one`. Set its `server` to `two` to leave it there, or to `one` once its data is "
        "there."
        for name in ("postgres", "redis")
    ]


def test_a_server_that_is_gone_or_renamed_has_a_remedy_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match=r"Put `three` back .*, or to `one` once its data is"):
        check(tmp_path, {"postgres": "three"})


def test_an_accessory_that_the_settings_move_is_a_warning(tmp_path: Path) -> None:
    (told,) = check(tmp_path, {"postgres": "one"}, "{postgres: {server: two}}")
    assert told.startswith("application/accessories/postgres: its volumes on `one` stay there, and")
    assert told.endswith("it starts with those on `two`")


def test_an_accessory_that_the_settings_leave_where_it_is_is_nothing_to_tell(
    tmp_path: Path,
) -> None:
    assert check(tmp_path, {"postgres": "two"}, "{postgres: {server: two}}") == []
