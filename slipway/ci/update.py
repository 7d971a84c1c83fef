"""A stack update by Pulumi's action, checked, and rolled back if it failed."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.ci import actions
from slipway.ci.model import Permissions, Run, Scalar, Step, Use
from slipway.ci.secrets import ACCESS_TOKEN, PASSPHRASE, SSH_KEY, needs_token
from slipway.ci.steps import checkout, script, secret
from slipway.settings.workflows import DeployWorkflow, Workflows

PULUMI_VERSION = "3.272.0"
"""Version of the CLI: that of the Python SDK in the program's requirements."""
VERSION = "${{ needs.plan.outputs.version }}"
AS_CONFIGURED = "as configured"
MANUAL_START = "github.event_name == 'workflow_dispatch'"
INTERRUPTED = "cancelled() && steps.up.outcome == 'cancelled'"
BY = "run ${{ github.run_id }} of ${{ github.actor }}"


def rights(deploy: DeployWorkflow) -> Permissions:
    """Permissions to read the code, and to get an OIDC token if one is needed for a login."""
    identity = deploy.aws_role is not None or deploy.organization is not None
    return Permissions(contents="read", id_token="write" if identity else None)


def steps(chosen: Workflows, stack: str) -> Iterator[Step]:
    """All steps, from the checkout to the servers' status."""
    deploy = chosen.deploy
    env = environment(deploy, stack)
    yield from prepare(deploy)
    yield from _apply(chosen, stack, env)
    url = deploy.urls.get(stack)
    if url:
        yield Run(
            "Check that the application responds",
            "curl --fail --silent --show-error --output /dev/null --max-time 10"
            ' --retry 5 --retry-all-errors --retry-delay 2 "$ADDRESS"',
            env={"ADDRESS": url},
        )
    # A failed update rolls back by itself. The workflow rolls back an update that succeeded while
    # the application does not respond, and one that was interrupted.
    yield Run(
        "Cancel the interrupted update",
        'pulumi cancel --yes --stack "$STACK"',
        if_=INTERRUPTED,
        env=env,
        working_directory=deploy.folder,
    )
    yield script(
        "Roll back the failed deployment",
        "rollback",
        {**env, "TO": "", "REASON": f"{VERSION} failed after the update: {BY}"},
        if_=f"(failure() && steps.up.outcome == 'success') || ({INTERRUPTED})",
        folder=deploy.folder,
    )
    yield Run(
        "Show the status",
        'slipway status --stack "$STACK" | tee -a "$GITHUB_STEP_SUMMARY"',
        if_="always()",
        env=env,
        working_directory=deploy.folder,
    )
    if stack == deploy.production:
        yield Run(
            "Output the image digests",
            'images=$(pulumi stack output images --json --stack "$STACK" |\n'
            "    jq --raw-output '[.[]] | unique | join(\" \")')\n"
            'echo "images=$images" >> "$GITHUB_OUTPUT"\n',
            id="ran",
            env=env,
            working_directory=deploy.folder,
        )


def environment(deploy: DeployWorkflow, stack: str) -> dict[str, Scalar]:
    """The variables by which Pulumi finds its state and decrypts its secrets."""
    env: dict[str, Scalar] = {"STACK": stack, "PULUMI_BACKEND_URL": deploy.backend}
    if needs_token(deploy):
        env[ACCESS_TOKEN] = secret(ACCESS_TOKEN)
    if deploy.passphrase:
        env[PASSPHRASE] = secret(PASSPHRASE)
    return env


def prepare(deploy: DeployWorkflow) -> Iterator[Step]:
    """The program, its packages, the Pulumi CLI and the keys to state and servers."""
    yield checkout()
    # Without a cache: what other runs wrote into it must not reach the servers.
    yield Use("Set up Python", actions.SETUP_PYTHON, {"python-version": deploy.python})
    yield Run(
        "Install the program",
        'python -m pip install --require-hashes --requirement "$PROGRAM/$LOCK"\n'
        'echo "$GITHUB_WORKSPACE/$PROGRAM/bin" >> "$GITHUB_PATH"\n',
        env={"PROGRAM": deploy.program or deploy.folder, "LOCK": deploy.requirements},
    )
    if deploy.aws_role:
        yield Use(
            "Log in to AWS",
            actions.AWS_CREDENTIALS,
            {"role-to-assume": deploy.aws_role, "aws-region": deploy.aws_region},
        )
    if deploy.organization:
        yield Use(
            "Log in to Pulumi",
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
        if_=f"{MANUAL_START} && inputs.strategy != '{AS_CONFIGURED}' && !inputs.rollback",
        folder=deploy.folder,
    )
    config = f'version: {{value: "{VERSION}", secret: false}}\n'
    if chosen.image:
        # The image workflow built, tested and signed it.
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
