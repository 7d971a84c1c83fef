"""Which of a release's commands have run already on the database that it finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slipway.errors import SlipwayError
from slipway.observe.status import Status
from slipway.protocol.answers import MigrateAnswer
from slipway.protocol.messages import read_answer
from slipway.rollout.release import Release
from slipway.rollout.step import Step
from slipway.rollout.tasks import Kind, database_id, has_been_migrated, runs
from slipway.settings import Settings


def known_runs(
    application: str, statuses: Iterable[Status], resources: Mapping[str, Mapping[str, Any]]
) -> frozenset[str]:
    """The ids of the commands that have run, as the servers and the stack's state know them.

    The state knows them where the server that ran them is lost. An answer in another protocol is
    left out: the servers know what it says.
    """
    found = {each for status in statuses for each in status.ran}
    for urn, resource in resources.items():
        if f"::{application}-{Step.MIGRATE}-" in urn:
            try:
                answer: MigrateAnswer = read_answer(Step.MIGRATE, resource["outputs"]["stdout"])
            except (KeyError, SlipwayError):
                continue
            found.update(answer.ran)
    return frozenset(found)


def volumes(settings: Settings) -> list[str]:
    """The accessories whose data a release may find."""
    return [name for name, each in settings.application.accessories.items() if each.volumes]


def observed_database(settings: Settings, statuses: Mapping[str, Status]) -> str | None:
    """The id of the database; None while an accessory has no data yet."""
    data = {}
    for name in volumes(settings):
        report = statuses[settings.server_of(name)].accessories.get(name)
        if report is None or not report.data:
            return None
        data[name] = report.data
    return database_id(settings.database, data)


def ran(
    release: Release, database: str, known: frozenset[str], *, committed: bool
) -> tuple[str, ...]:
    """The ids of the release's commands that are not run again.

    `committed`: the environment has run these images before, and does not now. The way back to them
    migrates nothing, unless the database has begun anew.
    """
    back = committed and has_been_migrated(database, known)
    return tuple(
        run.id
        for run in runs(release, database)
        if run.id in known or (back and run.kind is Kind.MIGRATION)
    )
