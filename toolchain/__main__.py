"""`python3 -m toolchain`: setup, github, env, run, clean."""

from __future__ import annotations

import argparse
import signal
import sys

from toolchain import (
    actionlint,
    cleaning,
    environment,
    github,
    locking,
    paths,
    plugins,
    progress,
    pulumi,
    python,
    system,
)
from toolchain.errors import ToolchainError

LOCK_LIMIT = 2400.0
"""Seconds: longer than a complete set-up on a slow machine."""


def setup() -> None:
    """Install what is missing, and show what is installed."""
    cli = pulumi.find()
    if not cli or not python.ready() or plugins.missing() or system.missing():
        with locking.exclusive(paths.cache() / "setup.lock", limit=LOCK_LIMIT):
            system.ensure()
            with pulumi.source_fetched():  # both mostly wait for the network
                python.install()
            cli = pulumi.install()
            plugins.install(cli)
    cleaning.mark_used()
    progress.step("python", str(python.directory()))
    progress.step("pulumi", str(cli))
    progress.step("plugins", str(plugins.home()))


def install_github() -> None:
    """Set up, then install the GitHub plugin if it is missing."""
    setup()
    if not github.installed():
        with locking.exclusive(paths.cache() / "setup.lock", limit=LOCK_LIMIT):
            github.install(pulumi.install())
    progress.step("github", str(plugins.directory(github.NAME)))


def clean() -> None:
    """Remove from the cache what no clone uses any more."""
    with locking.exclusive(paths.cache() / "setup.lock", limit=LOCK_LIMIT):
        removed = cleaning.clean()
    for folder in removed:
        progress.step("removed", str(folder))
    if not removed:
        progress.step(
            "clean", f"nothing in {paths.cache()} is older than {cleaning.UNUSED_DAYS} days"
        )


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="install what is missing into the cache folder")
    commands.add_parser("github", help="set up, and install what stacks that manage GitHub need")
    commands.add_parser("actionlint", help="print where the linter of workflow files is")
    commands.add_parser("env", help="print the environment as lines for a shell's eval")
    run = commands.add_parser("run", help="run a command in the environment")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    commands.add_parser("clean", help="remove what no clone has used for 14 days")
    options = parser.parse_args(arguments)
    # A program that a shell starts in the background ignores SIGINT, and so do its children. But
    # Pulumi ends its language host by that signal, and kills it only after 5 s.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        if options.command == "setup":
            setup()
        elif options.command == "github":
            install_github()
        elif options.command == "actionlint":
            print(actionlint.install())
        elif options.command == "env":
            print(environment.exports(environment.variables()))
        elif options.command == "clean":
            clean()
        else:
            environment.execute(options.words)
    except ToolchainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: `make setup` continues after what is already complete", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0


def _interrupt(*_: object) -> None:
    """Handle other signals like Ctrl-C, so that no build is left running."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
