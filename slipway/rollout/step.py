"""What an agent can be asked to do."""

from __future__ import annotations

from slipway.strenum import StrEnum


class Step(StrEnum):
    """One call of the agent; the value is its word on the command line."""

    # Of a rollout, each declared as a resource.
    PREFLIGHT = "preflight"  # could a rollout succeed here? changes nothing
    STAGE = "stage"  # pull the images, start the new containers beside the old, without traffic
    MIGRATE = "migrate"  # run the migration, on one server
    SMOKE = "smoke"  # send the smoke tests to the new containers
    SWITCH = "switch"  # give them a share of the traffic, and watch them for the bake time
    PREPARE = "prepare"  # vote in two-phase commit: from here on it goes back only if another does
    COMMIT = "commit"  # the new release is the one that serves; retire the one before
    # Its other ends.
    ABORT = "abort"  # go back to the release from before
    RESOLVE = "resolve"  # a person decides for a prepared server that cannot learn of the others
    # Beside rollouts.
    ACCESSORY = "accessory"  # make a database or a queue run as defined
    STATUS = "status"  # what runs here; changes nothing
    DIAGNOSE = "diagnose"  # is all well here? changes nothing
    LOGS = "logs"  # the end of a service's logs
    LOCK = "lock"  # refuse rollouts until `unlock`
    UNLOCK = "unlock"
