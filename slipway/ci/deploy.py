"""The workflow that deploys a push, a tag or a manual start, by Pulumi's action."""

from __future__ import annotations

from typing import get_args

from slipway.ci import actions, ci, image, registry, update
from slipway.ci.model import (
    Concurrency,
    Environment,
    Input,
    Job,
    Manual,
    Permissions,
    Refs,
    Scalar,
    Triggers,
    Use,
    Workflow,
)
from slipway.ci.secrets import WEBHOOKS
from slipway.ci.steps import checkout, minutes, script, secret
from slipway.settings.rollout import Rollout
from slipway.settings.workflows import Project, Workflows

NAME = "Deploy"
FILE = "deploy.yml"
STRATEGIES = (
    update.AS_CONFIGURED,
    *get_args(Rollout.model_fields["strategy"].annotation),
)
WAIT = 2700  # seconds for CI and the images, which the same push started
PAUSE = 15  # seconds between two checks of their state
# Every manual start has a group of its own, so that no push replaces a rollback that waits: GitHub
# keeps one waiting run of a group. The jobs' own groups serialize the updates of a stack.
GROUP = "deploy-${{ github.event_name == 'workflow_dispatch' && github.run_id || github.ref }}"
NOT_STOPPED = "!failure() && !cancelled()"
RUN = "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}"


def workflow(settings: Project, chosen: Workflows) -> Workflow:
    """Branch → staging; tag → staging, then production; manual start → as its form says."""
    deploy = chosen.deploy
    jobs = {"plan": _plan(chosen)}
    if chosen.image:
        jobs["verify"] = _verify(settings, chosen)
    first = tuple(jobs)
    jobs["staging"] = _update(chosen, deploy.staging, "staging", first)
    jobs["production"] = _update(chosen, deploy.production, "production", (*first, "staging"))
    jobs["release"] = _release(settings, chosen)
    if chosen.notify:
        jobs["notify"] = _notify(chosen, tuple(jobs))
    return Workflow(
        NAME,
        Triggers(
            push=Refs((chosen.branch,), (chosen.release_tags,)), workflow_dispatch=_form(chosen)
        ),
        jobs,
        concurrency=Concurrency(GROUP),
    )


def _form(chosen: Workflows) -> Manual:
    environments = (chosen.deploy.staging, chosen.deploy.production)
    return Manual(
        {
            "environment": Input("Where", "choice", True, environments[0], environments),
            "version": Input("Which version; empty: this commit's, or the one before a rollback"),
            "strategy": Input("How", "choice", False, update.AS_CONFIGURED, STRATEGIES),
            "rollback": Input("Roll back instead of deploying", "boolean", False, False),
            "reason": Input("Why, for the history"),
        }
    )


def _plan(chosen: Workflows) -> Job:
    answers = ("version", "commit", "staging", "production")
    return Job(
        name="plan",
        runs_on=chosen.runner,
        timeout_minutes=minutes(WAIT) + 5,
        permissions=Permissions(actions="write", contents="read"),
        outputs={each: f"${{{{ steps.plan.outputs.{each} }}}}" for each in answers},
        steps=(
            script(
                "Decide what to deploy",
                "plan",
                {
                    "EVENT": "${{ github.event_name }}",
                    "REF_TYPE": "${{ github.ref_type }}",
                    "REF_NAME": "${{ github.ref_name }}",
                    "COMMIT": "${{ github.sha }}",
                    "REPOSITORY": "${{ github.repository }}",
                    "CHOSEN_VERSION": "${{ inputs.version }}",
                    "ENVIRONMENT": "${{ inputs.environment }}",
                    "ROLLBACK": "${{ inputs.rollback }}",
                    "PRODUCTION_STACK": chosen.deploy.production,
                    "GH_TOKEN": "${{ github.token }}",
                },
                id="plan",
            ),
            script(
                "Wait until CI has passed",
                "wait-for-ci",
                {
                    "REPOSITORY": "${{ github.repository }}",
                    "WORKFLOW": ci.FILE,
                    "TAG": "${{ github.ref_type == 'tag' && github.ref_name || '' }}",
                    "COMMIT": "${{ steps.plan.outputs.commit }}",
                    "LIMIT": WAIT,
                    "PAUSE": PAUSE,
                    "GH_TOKEN": "${{ github.token }}",
                },
                if_="!inputs.rollback",
            ),
        ),
    )


def _verify(settings: Project, chosen: Workflows) -> Job:
    return Job(
        name="verify",
        needs=("plan",),
        if_="!inputs.rollback",
        runs_on=chosen.runner,
        timeout_minutes=minutes(WAIT) + 5,
        permissions=Permissions(packages="read"),
        steps=(
            *registry.login(settings),
            Use("Set up Cosign", actions.COSIGN),
            script(
                "Verify the images",
                "verify-images",
                {
                    "IMAGES": _images(settings),
                    "VERSION": "${{ needs.plan.outputs.version }}",
                    "COMMIT": "${{ needs.plan.outputs.commit }}",
                    "SERVER": "${{ github.server_url }}",
                    "REPOSITORY": "${{ github.repository }}",
                    "WORKFLOW": image.FILE,
                    "BRANCH": chosen.branch,
                    "LIMIT": WAIT,
                    "PAUSE": PAUSE,
                },
            ),
        ),
    )


def _update(chosen: Workflows, stack: str, name: str, needs: tuple[str, ...]) -> Job:
    """An update of one environment, after its protection rules."""
    deploy = chosen.deploy
    return Job(
        name=name,
        needs=needs,
        if_=f"{NOT_STOPPED} && needs.plan.outputs.{name} == 'true'",
        runs_on=chosen.runner,
        timeout_minutes=minutes(deploy.limit),
        permissions=update.rights(deploy),
        environment=Environment(stack, deploy.urls.get(stack)),
        # A second update of the same stack waits: an interrupted one has to be rolled back.
        concurrency=Concurrency(f"stack-{stack}"),
        outputs={"images": "${{ steps.ran.outputs.images }}"} if stack == deploy.production else {},
        steps=tuple(update.steps(chosen, stack)),
    )


def _release(settings: Project, chosen: Workflows) -> Job:
    images = "${{ needs.production.outputs.images }}"
    return Job(
        name="release",
        needs=("plan", "production"),
        if_=f"{NOT_STOPPED} && github.event_name == 'push' && github.ref_type == 'tag'",
        runs_on=chosen.runner,
        timeout_minutes=10,
        permissions=Permissions(contents="write", packages="read"),
        steps=(
            checkout(full_history=True),
            *(registry.login(settings) if chosen.image else ()),
            script(
                "Publish the release",
                "release",
                {
                    "TAG": "${{ github.ref_name }}",
                    "PATTERN": chosen.release_tags,
                    "IMAGES": images,
                    # Only the image workflow creates SBOMs.
                    "MATERIALS": images if chosen.image else "",
                    "GH_TOKEN": "${{ github.token }}",
                },
            ),
        ),
    )


def _notify(chosen: Workflows, needs: tuple[str, ...]) -> Job:
    webhooks: dict[str, Scalar] = {WEBHOOKS[each]: secret(WEBHOOKS[each]) for each in chosen.notify}
    return Job(
        name="notify",
        needs=needs,
        if_="always()",
        runs_on=chosen.runner,
        timeout_minutes=5,
        steps=(
            script(
                "Send notifications",
                "notify",
                {
                    "NEEDS": "${{ toJSON(needs) }}",
                    "VERSION": "${{ needs.plan.outputs.version }}",
                    "ROLLBACK": "${{ inputs.rollback }}",
                    "REPOSITORY": "${{ github.repository }}",
                    "ACTOR": "${{ github.actor }}",
                    "RUN": RUN,
                    "PAGERDUTY_URL": "https://events.pagerduty.com/v2/enqueue",
                    **webhooks,
                },
            ),
        ),
    )


def _images(settings: Project) -> str:
    return " ".join(registry.repository(settings, name) for name in settings.application.images)
