"""One stack update on a fresh runner: by Pulumi's action, checked, and taken back if need be."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.workflows import DeployWorkflow, Workflows
from slipway.workflows import actions
from slipway.workflows.model import Permissions, Run, Scalar, Step, Use
from slipway.workflows.secrets import ACCESS_TOKEN, PASSPHRASE, SSH_KEY, takes_token
from slipway.workflows.steps import checkout, script, secret

PULUMI_VERSION = "3.272.0"
"""The CLI's: of the Python SDK that the program is locked to."""
VERSION = "${{ needs.plan.outputs.version }}"
AS_CONFIGURED = "as configured"
BY_FORM = "github.event_name == 'workflow_dispatch'"
CUT_OFF = "cancelled() && steps.up.outcome == 'cancelled'"
BY = "run ${{ github.run_id }} of ${{ github.actor }}"


def rights(deploy: DeployWorkflow) -> Permissions:
    """The job's token reads the code; to a cloud that trusts the job it proves who the job is."""
    identity = deploy.aws_role is not None or deploy.organization is not None
    return Permissions(contents="read", id_token="write" if identity else None)


def steps(chosen: Workflows, stack: str) -> Iterator[Step]:
    """Everything from the checkout to the word of the servers on what they run."""
    deploy = chosen.deploy
    env = environment(deploy, stack)
    yield from prepare(deploy)
    yield from _apply(chosen, stack, env)
    url = deploy.urls.get(stack)
    if url:
        yield Run(
            "Ask the application",
            "curl --fail --silent --show-error --output /dev/null --max-time 10"
            ' --retry 5 --retry-all-errors --retry-delay 2 "$ADDRESS"',
            env={"ADDRESS": url},
        )
    # A failed update has taken every server back by itself. What is left is an update that
    # succeeded and does not answer, and one that was cut off.
    yield Run(
        "Free the stack",
        'pulumi cancel --yes --stack "$STACK"',
        if_=CUT_OFF,
        env=env,
        working_directory=deploy.folder,
    )
    yield script(
        "Take it back",
        "rollback",
        {**env, "TO": "", "REASON": f"{VERSION} did not hold: {BY}"},
        if_=f"(failure() && steps.up.outcome == 'success') || ({CUT_OFF})",
        folder=deploy.folder,
    )
    yield Run(
        "What runs now",
        'slipway status --stack "$STACK" | tee -a "$GITHUB_STEP_SUMMARY"',
        if_="always()",
        env=env,
        working_directory=deploy.folder,
    )
    if stack == deploy.production:
        yield Run(
            "Note the digests for the release",
            'images=$(pulumi stack output images --json --stack "$STACK" |\n'
            "    jq --raw-output '[.[]] | unique | join(\" \")')\n"
            'echo "images=$images" >> "$GITHUB_OUTPUT"\n',
            id="ran",
            env=env,
            working_directory=deploy.folder,
        )


def environment(deploy: DeployWorkflow, stack: str) -> dict[str, Scalar]:
    """What Pulumi finds its state and its secrets by."""
    env: dict[str, Scalar] = {"STACK": stack, "PULUMI_BACKEND_URL": deploy.backend}
    if takes_token(deploy):
        env[ACCESS_TOKEN] = secret(ACCESS_TOKEN)
    if deploy.passphrase:
        env[PASSPHRASE] = secret(PASSPHRASE)
    return env


def prepare(deploy: DeployWorkflow) -> Iterator[Step]:
    """The program, its packages, the Pulumi CLI and the keys to state and servers."""
    yield checkout()
    # Without a cache: what other runs have left there must not reach the servers.
    yield Use("Set up Python", actions.SETUP_PYTHON, {"python-version": deploy.python})
    yield Run(
        "Install the program",
        'python -m pip install --require-hashes --requirement "$PROGRAM/$LOCK"\n'
        'echo "$GITHUB_WORKSPACE/$PROGRAM/bin" >> "$GITHUB_PATH"\n',
        env={"PROGRAM": deploy.program or deploy.folder, "LOCK": deploy.requirements},
    )
    if deploy.aws_role:
        yield Use(
            "Prove the job's identity to AWS",
            actions.AWS_CREDENTIALS,
            {"role-to-assume": deploy.aws_role, "aws-region": deploy.aws_region},
        )
    if deploy.organization:
        yield Use(
            "Prove the job's identity to Pulumi",
            actions.PULUMI_LOGIN,
            {
                "organization": deploy.organization,
                "requested-token-type": "urn:pulumi:token-type:access_token:organization",
            },
        )
    yield script("Load the SSH key", "ssh-agent", {"KEY": secret(SSH_KEY)})
    yield Use("Set up Pulumi", actions.PULUMI, {"pulumi-version": PULUMI_VERSION})


def _apply(chosen: Workflows, stack: str, env: dict[str, Scalar]) -> Iterator[Step]:
    deploy = chosen.deploy
    yield script(
        "Choose the strategy",
        "strategy",
        {**env, "STRATEGY": "${{ inputs.strategy }}"},
        if_=f"{BY_FORM} && inputs.strategy != '{AS_CONFIGURED}' && !inputs.rollback",
        folder=deploy.folder,
    )
    config = f'version: {{value: "{VERSION}", secret: false}}\n'
    if chosen.image:
        # The image workflow has built, tested and signed it.
        config += 'build: {value: "false", secret: false}\n'
    yield Use(
        "Update",
        actions.PULUMI,
        {
            "command": "up",
            "stack-name": stack,
            "work-dir": deploy.folder,
            "upsert": True,
            "config-map": config,
            "message": f"{VERSION} to {stack}: ${{{{ inputs.reason || github.event_name }}}}, {BY}",
            "comment-on-summary": True,
        },
        id="up",
        if_="!inputs.rollback",
        env=env,
    )
    yield script(
        "Roll back",
        "rollback",
        {**env, "TO": VERSION, "REASON": f"${{{{ inputs.reason }}}}, {BY}"},
        if_="inputs.rollback",
        folder=deploy.folder,
    )
