from __future__ import annotations

import json
from pathlib import Path

from slipway.incident import Incident, write

REPORT = {
    "step": "switch",
    "before": "v1 (aaaaaaaaaaaa)",
    "fault": {"what": "web-1 exited (4)", "where": "", "remedy": "See its log above"},
    "log": ["web-1 | out of memory"],
    "timeline": [
        {"time": "1800000001.5", "step": "stage", "action": "ready ab", "outcome": "done"},
        {"time": "1800000000.25", "step": "stage", "action": "pull ab", "outcome": "done"},
    ],
}
INCIDENT = Incident(
    "staging",
    "shop",
    "v2",
    "shop-switch-one",
    {"one": "rolled back to v1 (aaaaaaaaaaaa)"},
    {"one": REPORT, "two": {"timeline": []}},
    ("command failed",),
)
TEXT = """\
shop v2 on staging: shop-switch-one failed

one: rolled back to v1 (aaaaaaaaaaaa)

one, step switch: web-1 exited (4)
  before: v1 (aaaaaaaaaaaa)
  remedy: See its log above
  log:
    web-1 | out of memory

Timeline (UTC)
  08:00:00.250  one  stage: pull ab done
  08:00:01.500  one  stage: ready ab done
"""


def test_a_report_tells_what_failed_where_when_and_what_serves_now() -> None:
    assert INCIDENT.text() == TEXT


def test_it_is_kept_for_its_owner_as_text_and_for_programs(tmp_path: Path) -> None:
    text = write(INCIDENT, tmp_path)
    assert text.read_text() == TEXT
    assert json.loads(text.with_suffix(".json").read_text()) == INCIDENT.data()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert write(INCIDENT, tmp_path) != text
