from __future__ import annotations

import pytest

from lab import images, packages
from slipway.errors import SlipwayError

TARGETS = """\
http://mirror.example/debian/ bookworm-updates main
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/debian-security/ bookworm-security main
https://other.example/repo/ nodistro main
"""


def test_only_debians_own_suites_become_sources_of_an_image() -> None:
    assert packages.sources_from(TARGETS) == [
        "deb http://mirror.example/debian/ bookworm-updates main",
        "deb http://mirror.example/debian/ bookworm main",
        "deb http://mirror.example/debian-security/ bookworm-security main",
    ]


def test_the_root_comes_from_the_mirror_of_the_suite_itself() -> None:
    sources = packages.sources_from("http://a.example/x/ bookworm-security main\n" + TARGETS)
    assert images.mirror(sources) == "http://mirror.example/debian/"


def test_an_image_reaches_its_sources_the_way_the_machine_does() -> None:
    dump = (
        'Acquire::http::Proxy "http://proxy.example:3128";\n'
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::IndexTargets::deb::Packages "";\n'
        'DPkg::Post-Invoke:: "rm -f /var/cache/apt/*.bin || true";\n'
    )
    assert packages.settings_from(dump) == (
        'Acquire::http::Proxy "http://proxy.example:3128";\nAcquire::Check-Valid-Until "false";\n'
    )


def test_without_root_a_missing_program_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "locate", lambda program: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SlipwayError, match=r"sudo apt-get install debootstrap docker\.io"):
        packages.require("docker", "dockerd", "debootstrap")
