"""What a server monitors of a new release during a hold, and the limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

HOLD, FAIL = "hold", "fail"  # what too few requests lead to
LOG_ERRORS = (
    r"\b(ERROR|CRITICAL|FATAL|PANIC|Traceback)\b|\bpanic: "
    r'|"(level|severity)": ?"(error|critical|fatal|panic)"'
)


@dataclass(frozen=True)
class Watch:
    """Limits of one hold. None switches a limit off. `analysis` describes how they are used.

    The defaults of `error_rate`, `p95` and `cpu` are common limits for canaries: one request in a
    hundred, half a second, four fifths of the processor.
    """

    log_errors: Optional[str] = LOG_ERRORS  # a regular expression
    log_error_limit: int = 0  # matching lines that are tolerated
    error_rate: Optional[float] = 0.01  # share of the requests, 0 to 1
    p95: Optional[float] = 0.5  # seconds that 95 of 100 requests must not exceed
    cpu: Optional[float] = 0.8  # share of what a container may use, 0 to 1
    tolerance: float = 0.5  # how much worse than the old release is tolerated: 0.5 is 50 %
    analyse: bool = False  # whether the new release is judged as a canary
    min_requests: int = 100  # that the new release must have had
    too_few: str = HOLD
    hold_limit: float = 1800.0  # seconds that a hold may be prolonged to
