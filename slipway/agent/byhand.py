"""`agent.pyz health`: the one command that people give on a server, without a request."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from slipway.agent.checkup import Finding, checkup
from slipway.agent.docker import Engine
from slipway.agent.redact import Redactor
from slipway.agent.report import Report
from slipway.agent.store import Store
from slipway.errors import SlipwayError
from slipway.values import asdict

MINUTES = 5.0  # of the logs that are read


def health(arguments: Sequence[str], home: Path) -> int:
    """Print what a check-up found; 0 when all is well, 1 when something is wrong or unknown."""
    options = _parser().parse_args(arguments)
    report = Report(Redactor(()))
    try:
        application = options.application or installed(home)
        store = Store(home / application)
        found = checkup(application, Engine(), store, report, options.service, options.minutes)
    except (SlipwayError, OSError) as error:
        report.last(f"{os.uname().nodename}: health: {error}")
        return 1
    well = all(finding.ok for finding in found)
    if options.json or not sys.stdout.isatty():
        print(
            json.dumps({"application": application, "ok": well, "checks": list(map(asdict, found))})
        )
    else:
        print("\n".join(map(line, found)))
    return 0 if well else 1


def line(finding: Finding) -> str:
    """A finding for people."""
    verdict = "ok  " if finding.ok else "FAIL"
    return f"{verdict}  {finding.part:<20}  {finding.check:<9}  {finding.detail}"


def installed(folder: Path) -> str:
    """The application of this server. Raises SlipwayError where there is none, or several."""
    names = sorted(path.parent.name for path in folder.glob("*/state.json"))
    if len(names) == 1:
        return names[0]
    raise SlipwayError(
        f"several applications are here: {', '.join(names)}" if names else "no application is here",
        where=str(folder),
        remedy="Name one: --application NAME" if names else "Deploy one",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("agent.pyz health", description="Is all well on this server?")
    parser.add_argument("--application", default="", help="if several are installed")
    parser.add_argument("--service", default="", help="one service or accessory; else all")
    parser.add_argument(
        "--minutes",
        type=float,
        default=MINUTES,
        help="how far back the logs are read; 0: not at all",
    )
    parser.add_argument("--json", action="store_true", help="JSON on a terminal, too")
    return parser
