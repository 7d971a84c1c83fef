from __future__ import annotations

from bench.simulation import preview


def test_the_simulated_plan_is_the_programs_own_and_grows_no_faster_than_the_servers() -> None:
    few, many = (preview(servers)["resources"] for servers in (2, 6))
    assert 2 * few < many <= 3 * few
