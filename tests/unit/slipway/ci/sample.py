"""Settings whose workflows have a bit of everything."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from slipway.settings import Settings, load
from tests.unit.slipway.settings.sample import STACK, changed, project

DIGEST = "sha256:" + 64 * "0"
EVERYTHING = """
application:
  images:
    shop: {context: examples/shop}
    admin/site: {context: examples/shop, target: runtime, arguments: {BASE: "python:3.12"}}
workflows:
  ci:
    python: {folder: backend, versions: ["3.11", "3.12"], source: [shop]}
    node: {folder: frontend}
    jobs: {docs: {run: make docs, limit: 90s, full_history: true}}
    services:
      postgres: postgres:16@{DIGEST}
      redis: redis:7@{DIGEST}
      qdrant: qdrant/qdrant:v1.15.4@{DIGEST}
    environment: {LOG_LEVEL: debug}
    secrets: [OPENAI_API_KEY_TEST]
    codecov: true
    compose: {migrate: docker compose run --rm web migrate}
    performance: {}
  image: {start: {shop: [--version]}}
  deploy:
    folder: deployment
    urls: {production: "https://shop.example.org"}
    aws_role: arn:aws:iam::123456789012:role/deploy
    passphrase: true
  schedule: {backup: scripts/check-backup.sh}
  notify: [slack, discord, pagerduty]
""".replace("{DIGEST}", DIGEST)
PYTHON = "workflows: {ci: {python: {}}}"
OWN_COMMANDS = "workflows: {ci: {jobs: {check: {run: make check}}}, image: null, schedule: null}"


@cache
def settings(text: str = EVERYTHING) -> Settings:
    """The valid settings with `text` laid over them, whose `workflows` may hold nulls."""
    values = {**changed(text), "workflows": yaml.safe_load(text).get("workflows")}
    with TemporaryDirectory() as folder:
        return load(STACK, values, project(Path(folder)))
