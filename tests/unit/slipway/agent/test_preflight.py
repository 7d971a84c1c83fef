from __future__ import annotations

from pathlib import Path

from slipway.agent.preflight import listening_ports

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2
"""


def test_only_ports_that_somebody_listens_on_are_taken(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TABLE)
    assert listening_ports(tmp_path) == [80]
