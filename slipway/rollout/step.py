"""The steps that an agent can do."""

from __future__ import annotations

from slipway.strenum import StrEnum


class Step(StrEnum):
    """One call of the agent; the value is its name on the command line."""

    # Of a rollout, each declared as a resource.
    PREFLIGHT = "preflight"  # check whether a rollout could succeed; changes nothing
    PULL = "pull"  # the rollout begins: pull the images; nothing is started
    MIGRATE = "migrate"  # run the migration, on one server
    START = "start"  # start the new containers beside the old, without traffic
    SMOKE = "smoke"  # send the smoke tests to the new containers
    SWITCH = "switch"  # give them a share of the traffic, and watch them for the bake time
    PREPARE = "prepare"  # vote in two-phase commit: it then goes back only if another server does
    COMMIT = "commit"  # the new release is the one that serves; retire the one before
    # End a rollout that failed.
    ABORT = "abort"  # go back to the release from before
    RESOLVE = "resolve"  # a person decides for a prepared server that cannot get the others' votes
    # Independent of rollouts.
    ACCESSORY = "accessory"  # make a database or a queue run as defined
    STATUS = "status"  # what runs here; changes nothing
    DIAGNOSE = "diagnose"  # check everything here; changes nothing
    LOGS = "logs"  # the end of a service's logs
    LOCK = "lock"  # refuse rollouts until `unlock`
    UNLOCK = "unlock"
