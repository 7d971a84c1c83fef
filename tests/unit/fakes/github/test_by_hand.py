from __future__ import annotations

import socket

import pytest

from fakes.github import simulator
from slipway.errors import SlipwayError


def test_a_port_that_is_taken_is_told_with_a_remedy() -> None:
    with socket.create_server((simulator.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SlipwayError, match=f"{simulator.HOST}:{port}: Address already in use"):
            simulator.Simulator(port)
