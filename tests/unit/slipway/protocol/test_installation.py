"""Where the agent lies on a server: for each application and environment in a place of its own."""

from __future__ import annotations

from slipway.protocol.installation import Installation
from slipway.protocol.requests import Target
from slipway.rollout.step import Step

SHOP = Installation("shop", "staging")


def test_all_that_an_environment_has_lies_in_its_own_folder() -> None:
    assert SHOP.folder == ".slipway/shop/staging"
    assert SHOP.agent == ".slipway/shop/staging/agent"
    assert SHOP.noted_life == ".slipway/shop/staging/installed"
    assert Installation("shop", "production").folder == ".slipway/shop/production"
    assert Installation("blog", "staging").folder == ".slipway/blog/staging"


def test_a_step_is_one_command_without_its_request() -> None:
    assert SHOP.command(Step.SWITCH) == "python3 .slipway/shop/staging/agent switch"


def test_the_watchdog_comes_back_after_a_boot_by_a_line_that_is_known_by_its_mark() -> None:
    assert SHOP.crontab_line == (
        "@reboot python3 $HOME/.slipway/shop/staging/agent watch shop staging"
        " # slipway shop/staging"
    )
    assert SHOP.crontab_line.endswith(SHOP.mark)


def test_a_request_is_for_one_server_of_it() -> None:
    assert SHOP.target("one") == Target("shop", "staging", "one")
