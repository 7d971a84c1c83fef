from __future__ import annotations

from slipway.release.status import Running


def test_a_report_of_an_older_agent_has_no_images() -> None:
    running = Running.from_dict({"release": "aaaaaaaaaaaa", "version": "v2"})
    assert (str(running), running.images) == ("v2 (aaaaaaaaaaaa)", {})
