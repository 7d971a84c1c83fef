"""Health of containers: probes, readiness, stability, logs and traffic."""

from slipway.agent.health.container import stop_reason
from slipway.agent.health.failure import ContainerError, failure, tail
from slipway.agent.health.probe import fault
from slipway.agent.health.ready import wait_ready
from slipway.agent.health.stability import FAILURE_THRESHOLD, Stability
from slipway.agent.health.subject import Subject, subjects

__all__ = [
    "FAILURE_THRESHOLD",
    "ContainerError",
    "Stability",
    "Subject",
    "failure",
    "fault",
    "stop_reason",
    "subjects",
    "tail",
    "wait_ready",
]
