"""Dependabot's alerts and the changes that it proposes by itself: on or off."""

from __future__ import annotations

from fakes.github.call import Answer, Call, Fault
from fakes.github.routes import Routes

routes = Routes()

ALERTS = "/repos/{owner}/{repo}/vulnerability-alerts"
FIXES = "/repos/{owner}/{repo}/automated-security-fixes"


@routes("GET", ALERTS, "repo")
def alerts(call: Call) -> Answer:
    if not call.repository.vulnerability_alerts:
        raise Fault(404, "Vulnerability alerts are disabled.")
    return Answer(204)


@routes("GET", FIXES, "repo")
def fixes(call: Call) -> Answer:
    return Answer(200, {"enabled": call.repository.security_fixes, "paused": False})


def _switch(method: str, *, on: bool) -> None:
    @routes(method, ALERTS, "repo")
    def switch_alerts(call: Call) -> Answer:
        call.repository.vulnerability_alerts = on
        return Answer(204)

    @routes(method, FIXES, "repo")
    def switch_fixes(call: Call) -> Answer:
        call.repository.security_fixes = on
        return Answer(204)


_switch("PUT", on=True)
_switch("DELETE", on=False)
