"""The forms that values of GitHub and of the clouds have to take."""

from __future__ import annotations

import re
from typing import Annotated

from slipway.settings.kind import Text

Ref = Annotated[
    str,
    Text(
        "branch or tag",
        rule="must be a branch or tag (letters, digits, `.`, `_`, `-`, `/`, and `*` as a wildcard)",
        fits=re.compile(r"[A-Za-z0-9*][A-Za-z0-9._/*-]{0,243}").fullmatch,
    ),
]
Cron = Annotated[
    str,
    Text(
        "cron",
        rule="must be five fields of cron, in UTC",
        fits=re.compile(r"[0-9*/,-]+(?: [0-9*/,A-Z-]+){4}").fullmatch,
    ),
]
Role = Annotated[
    str,
    Text(
        "role",
        rule="must be the ARN of an IAM role",
        fits=re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII).fullmatch,
    ),
]
