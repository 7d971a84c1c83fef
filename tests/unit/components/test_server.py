"""The agent is installed beside whatever else a server has, and comes back after a boot."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from components.server import Server, folder_command, install_command
from slipway.agent.bundle import build
from slipway.deployment.deployment import ServerDeployment
from slipway.observe.status import Status
from slipway.protocol.installation import Installation
from slipway.ssh import Host
from tests.unit.components import engine

HOST = Host("one", "10.0.0.1", "ssh-ed25519 KEY", user="ops", port=2222)
INSTALLATION = Installation("shop", "staging")
ARCHIVE = "agent-0123456789ab.zip"
UNPACKED = "agent-0123456789ab"
LINE = "@reboot python3 $HOME/.slipway/shop/staging/agent watch shop staging # slipway shop/staging"
NO_CRONTAB = "no crontab for deploy"
CHILDREN = ("one-folder", "one-agent", "one-install")


@pytest.fixture
def recorded(tmp_path: Path) -> engine.Engine:
    agent = tmp_path / ARCHIVE
    agent.write_bytes(b"agent")
    deployment = ServerDeployment(HOST, Status("one", life="life-1"), INSTALLATION)
    found, address = engine.run(
        lambda: Server("one", {"deployment": deployment, "agent": agent}).address
    )
    assert address == "10.0.0.1"
    return found


def test_the_folder_is_made_then_the_agent_copied_then_installed(recorded: engine.Engine) -> None:
    assert recorded.registered.keys() == {"one", *CHILDREN}
    assert recorded["one-folder"].depends_on == set()
    assert recorded["one-agent"].inputs["remotePath"] == f".slipway/shop/staging/{ARCHIVE}"
    assert recorded["one-agent"].depends_on == {"one-folder"}
    assert recorded["one-install"].depends_on == {"one-agent"}


def test_all_of_a_server_lies_in_its_component(recorded: engine.Engine) -> None:
    assert recorded["one"].kind == "slipway:index:Server"
    assert {recorded[child].parent for child in CHILDREN} == {"one"}


def test_a_new_life_of_the_server_installs_all_again(recorded: engine.Engine) -> None:
    assert recorded["one-folder"].inputs["stdin"] == "life-1"
    assert recorded["one-agent"].inputs["triggers"] == ["life-1"]
    assert recorded["one-install"].inputs["stdin"] == "life-1"


def test_every_connection_is_pinned_limited_and_without_a_private_key(
    recorded: engine.Engine,
) -> None:
    for child in CHILDREN:
        assert recorded[child].inputs["connection"] == {
            "host": "10.0.0.1", "port": 2222, "user": "ops", "hostKey": "ssh-ed25519 KEY",
            "dialErrorLimit": 1, "perDialTimeout": 10,
        }  # fmt: skip


def test_the_folder_is_made_where_python_and_cron_are(recorded: engine.Engine) -> None:
    assert folder_command(INSTALLATION) == (
        "python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))'"
        " || { echo 'python3 3.9 or newer is not installed: apt-get install python3' >&2;"
        " exit 1; }; "
        "command -v crontab >/dev/null"
        " || { echo 'crontab is not installed: apt-get install cron' >&2; exit 1; }; "
        "umask 077; mkdir -p .slipway/shop/staging"
    )
    assert (
        recorded["one-folder"]
        .inputs["create"]
        .startswith("timeout --kill-after=180 60 sh -c 'python3 -c ")
    )


def test_the_installation_is_one_command(recorded: engine.Engine) -> None:
    assert install_command(INSTALLATION, ARCHIVE) == (
        f"cd .slipway/shop/staging && if [ -f {ARCHIVE} ]; then"
        f" rm -rf {UNPACKED} {UNPACKED}.partial"
        f" && python3 -m zipfile --extract {ARCHIVE} {UNPACKED}.partial"
        f" && mv {UNPACKED}.partial {UNPACKED} && rm {ARCHIVE}; fi"
        f" && test -f {UNPACKED}/__main__.py"
        f" && ln -sfn {UNPACKED} agent && cd"
        " && python3 .slipway/shop/staging/agent install shop staging"
        " && cat > .slipway/shop/staging/installed"
        f" && find .slipway/shop/staging -maxdepth 1 -name 'agent-*' ! -name {UNPACKED}"
        " -exec rm -rf {} +"
    )
    assert (
        recorded["one-install"]
        .inputs["create"]
        .startswith("timeout --kill-after=180 60 sh -c 'cd .slipway/")
    )


class Home:
    """A deploy user's home, with a crontab that is a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.installation = self.folder / ".slipway" / "shop" / "staging"
        self.crontab = folder / "crontab"
        self.programs = folder / "bin"
        self.folder.mkdir()
        self.programs.mkdir()
        self.program(
            "crontab",
            f'case "$1" in\n'
            f'-l) [ -f {self.crontab} ] || {{ echo "{NO_CRONTAB}" >&2; exit 1; }};'
            f" cat {self.crontab} ;;\n"
            f"-) cat > {self.crontab}.new && mv {self.crontab}.new {self.crontab} ;;\n"
            "*) exit 64 ;;\nesac\n",
        )

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(0o755)

    def shell(self, command: str, stdin: str = "life-1") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", command], cwd=self.folder, input=stdin, capture_output=True,
            env={"PATH": f"{self.programs}:{os.defpath}", "HOME": str(self.folder)}, text=True,
            timeout=20, check=False,
        )  # fmt: skip

    def copy(self, archive: str = ARCHIVE, says: str = "hello") -> None:
        """What pulumi-command does between the two commands: the agent, with a mark in it."""
        target = self.installation / archive
        shutil.copy(build(self.folder.parent), target)
        with zipfile.ZipFile(target, "a") as content:
            content.writestr("mark", says)

    def install(self, archive: str = ARCHIVE, stdin: str = "life-1") -> None:
        done = self.shell(install_command(INSTALLATION, archive), stdin)
        assert (done.returncode, done.stderr) == (0, "")

    @property
    def mark(self) -> str:
        """Of the agent that is current, and runs."""
        said = self.shell("python3 .slipway/shop/staging/agent nonsense").stderr
        assert said.startswith("agent: unknown step 'nonsense'"), said
        return (self.installation / "agent" / "mark").read_text()

    @property
    def content(self) -> set[str]:
        return {path.name for path in self.installation.iterdir()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    done = made.shell(folder_command(INSTALLATION))
    assert (done.returncode, done.stderr) == (0, "")
    made.copy()
    return made


def test_an_installation_leaves_one_agent_that_runs_and_the_note_of_its_life(home: Home) -> None:
    home.install()
    assert home.content == {UNPACKED, "agent", "installed"}
    assert (home.installation / "agent").readlink() == Path(UNPACKED)
    assert (home.installation / "installed").read_text() == "life-1"
    assert home.mark == "hello"


def test_nobody_else_reads_what_is_installed(home: Home) -> None:
    home.install()
    for folder in (home.installation, *list(home.installation.parents)[:2]):
        assert folder.stat().st_mode & 0o777 == 0o700, folder


def test_an_older_agent_and_what_a_cut_off_installation_left_are_removed(home: Home) -> None:
    old, partial = home.installation / "agent-old", home.installation / f"{UNPACKED}.partial"
    for folder in (old / "slipway", partial, home.installation / UNPACKED):
        folder.mkdir(parents=True)
        (folder / "spoiled.py").touch()
    (home.installation / "agent").symlink_to("agent-old")
    (home.installation / "agent-older.zip").touch()
    (home.installation / "state.json").write_text("{}")
    home.install()
    assert home.content == {UNPACKED, "agent", "installed", "state.json"}
    assert not (home.installation / UNPACKED / "spoiled.py").exists()
    assert (home.installation / "agent").readlink() == Path(UNPACKED)


def test_an_installation_runs_again_without_the_archive(home: Home) -> None:
    home.install()
    home.install(stdin="life-2")
    assert (home.installation / "installed").read_text() == "life-2"
    assert home.mark == "hello"
    assert home.crontab.read_text() == f"{LINE}\n"


def test_an_archive_that_was_never_copied_is_an_error_and_changes_nothing(home: Home) -> None:
    home.install()
    done = home.shell(install_command(INSTALLATION, "agent-ffffffffffff.zip"))
    assert done.returncode != 0
    assert home.content == {UNPACKED, "agent", "installed"}
    assert home.mark == "hello"


def test_another_version_replaces_the_agent_of_this_environment_alone(home: Home) -> None:
    other = Installation("shop", "production")
    home.install()
    home.shell(folder_command(other))
    elsewhere = home.installation.parent / "production" / UNPACKED
    elsewhere.mkdir()
    home.copy("agent-ffffffffffff.zip", says="newer")
    home.install("agent-ffffffffffff.zip")
    assert home.content == {"agent-ffffffffffff", "agent", "installed"}
    assert home.mark == "newer"
    assert elsewhere.is_dir()


@pytest.mark.parametrize("before", [None, ""], ids=["no crontab", "an empty one"])
def test_a_user_without_a_crontab_gets_one_line(home: Home, before: str | None) -> None:
    if before is not None:
        home.crontab.write_text(before)
    home.install()
    assert home.crontab.read_text() == f"{LINE}\n"


def test_other_lines_of_the_crontab_stay_as_they_are(home: Home) -> None:
    others = (
        'MAILTO=""\n'
        r"*/5 * * * * printf 'a\tb\n' | backup  # a % and \n of its own" + "\n"
        f"{LINE.replace('staging', 'production')}\n"
        f"{LINE.replace('shop', 'blog')}\n"
    )
    home.crontab.write_text(f"{LINE.replace('python3', 'python2')}\n{others}")
    home.install()
    assert home.crontab.read_text() == f"{others}{LINE}\n"


def test_a_crontab_that_cannot_be_read_is_an_error_and_stays(home: Home) -> None:
    home.crontab.write_text("@daily backup\n")
    home.program("crontab", '[ "$1" != - ] || exit 65\necho "you are not allowed" >&2; exit 1\n')
    done = home.shell(install_command(INSTALLATION, ARCHIVE))
    assert done.returncode == 1
    assert "crontab failed: you are not allowed. Install cron" in done.stderr
    assert home.crontab.read_text() == "@daily backup\n"
    assert "installed" not in home.content


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        ("python3", "python3 3.9 or newer is not installed: apt-get install python3"),
        ("crontab", "crontab is not installed: apt-get install cron"),
    ],
)
def test_a_server_that_lacks_a_program_says_so_and_is_left_alone(
    missing: str, complaint: str, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    if missing == "python3":
        home.program("python3", "exit 1\n")  # as one that is too old
    else:
        (home.programs / "crontab").unlink()
        home.program("python3", "exit 0\n")
    (home.programs / "mkdir").symlink_to("/bin/mkdir")
    done = subprocess.run(
        ["/bin/sh", "-c", folder_command(INSTALLATION)], cwd=home.folder, text=True,
        env={"PATH": str(home.programs)}, capture_output=True, timeout=10, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, f"{complaint}\n")
    assert not (home.folder / ".slipway").exists()
