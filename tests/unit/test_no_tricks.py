"""Nothing is made quick by changing what belongs to others: CONTRIBUTING.md, "No tricks"."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit import tricks

REPOSITORY = Path(__file__).parents[2]
CHECKER = {"tests/unit/tricks.py", "tests/unit/test_no_tricks.py"}
"""Files that have to name what they look for."""

NO_CODE = {".json", ".jsonl", ".lock", ".md", ".sum"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    names = (Path(name) for name in listed.stdout.split("\0") if name)
    return [name for name in names if (REPOSITORY / name).is_file()]


def found(name: Path) -> list[tricks.Trick]:
    source = (REPOSITORY / name).read_text(errors="replace")
    if name.suffix == ".py" or (source.startswith("#!") and "python" in source.splitlines()[0]):
        return tricks.in_python(source, is_test=name.parts[0] == "tests")
    if name.name == "go.mod":
        return tricks.in_go_mod(source)
    if name.suffix == ".pth":
        return [tricks.Trick(1, "is run by each Python that starts")]
    return tricks.in_text(source) if name.suffix not in NO_CODE else []


def test_no_file_of_the_repository_has_a_trick() -> None:
    checked = {name.as_posix(): name for name in tracked()}
    assert {"Makefile", ".ci/run", "bin/slipway", "toolchain/pulumi-cli/go.mod"} <= set(checked)
    tricky = [
        f"{place}:{trick.line}: {trick.what}"
        for place, name in checked.items()
        if place not in CHECKER
        for trick in found(name)
    ]
    assert tricky == [], "\n".join(tricky)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import pulumi\npulumi.log.debug = print", "changes pulumi.log.debug"),
        ("import pulumi.log\npulumi.log.debug = print", "changes pulumi.log.debug"),
        ("import ctypes.util as c\nc.find_library = f", "changes ctypes.util.find_library"),
        ("from pulumi import log\nlog.debug: object = None", "changes pulumi.log.debug"),
        ("from httpx import Client as C\nC.send = f", "changes httpx.Client.send"),
        ("import httpx\nhttpx.Client.send, x = f, 1", "changes httpx.Client.send"),
        ("import gc\nclient = gc\nclient.garbage += [1]", "changes gc.garbage"),
        ("import time\ndel time.sleep", "changes time.sleep"),
        ("import time\nwith f() as time.sleep: pass", "changes time.sleep"),
        ("import time\nfor time.sleep in f(): pass", "changes time.sleep"),
        ("def f():\n    import time\n    time.sleep = print", "changes time.sleep"),
        ("def f():\n    time.sleep = print\nimport time", "changes time.sleep"),
        ("class A:\n    def f(self):\n        time.sleep = 1\nimport time", "changes time.sleep"),
        ("import sys\nsys.modules['pulumi'].log = f", "changes pulumi.log"),
        ("import importlib\nimportlib.import_module('httpx').get = f", "changes httpx.get"),
        ("__import__('httpx').get = f", "changes httpx.get"),
        ("import pulumi\ngetattr(pulumi, 'log').debug = f", "changes pulumi.log.debug"),
        ("import httpx\nsetattr(httpx, 'get', f)", "changes httpx"),
        ("import httpx\ndelattr(httpx.Client, 'get')", "changes httpx.Client"),
        ("import httpx\ntype.__setattr__(httpx.Client, 'get', f)", "changes httpx.Client"),
        ("import httpx\npatch.setattr(httpx, 'get', f)", "changes httpx"),
        ("import httpx\nhttpx.__dict__['get'] = f", "changes httpx.__dict__"),
        ("import httpx\nvars(httpx).update(get=f)", "changes httpx.__dict__"),
        ("from unittest import mock\nmock.patch('httpx.get')", "uses unittest.mock.patch"),
        ("import sys\nsys.modules['pulumi'] = x", "changes sys.modules"),
        ("import sys\ndel sys.modules['pulumi']", "changes sys.modules"),
        ("import sys\nsys.modules |= {'pulumi': x}", "changes sys.modules"),
        ("import sys\nsys.modules.setdefault('pulumi', x)", "changes sys.modules"),
        ("import sys\nsys.modules.update(pulumi=x)", "changes sys.modules"),
        ("import sys\nsys.modules.pop('pulumi')", "changes sys.modules"),
        ("from sys import modules as m\nm['pulumi'] = x", "changes sys.modules"),
        ("import sys\nmonkeypatch.setitem(sys.modules, 'pulumi', x)", "changes sys.modules"),
        ("import gc\ngc.disable()", "uses gc.disable"),
        ("from gc import freeze\nfreeze()", "uses gc.freeze"),
        ("import gc as g\ng.set_threshold(1)", "uses gc.set_threshold"),
        ("import sys\nsys.setswitchinterval(1)", "uses sys.setswitchinterval"),
        ("import os\nos.environ['GOGC'] = 'off'", "has GOGC"),
        ("VARIABLES = {'GOMEMLIMIT': '1GiB'}", "has GOMEMLIMIT"),
        ("run(['env', 'GODEBUG=x=1', 'pulumi'])", "has GODEBUG"),
        ("run(env=dict(PYTHONOPTIMIZE='2'))", "has PYTHONOPTIMIZE"),
        ("f'PYTHONMALLOC={x}'", "has PYTHONMALLOC"),
        ("run(['go', 'build', '-gcflags=all=-l'])", "has -gcflags"),
        ("(folder / 'collector.pth').write_text('import gc')", "has collector.pth"),
    ],
)  # fmt: skip
def test_a_trick_is_found(source: str, what: str) -> None:
    assert [trick.what for trick in tricks.in_python(source)] == [what]


def test_it_is_found_in_its_line() -> None:
    assert [trick.line for trick in tricks.in_python("import time\n\ntime.sleep = print")] == [3]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['PULUMI_HOME'] = 'x'\ndel os.environ['PULUMI_HOME']",
        "import sys\nprint(sys.modules['pulumi'], 'pulumi' in sys.modules)",
        "import sys\nsys.path.insert(0, 'x')",
        "import gc\ngc.collect()",
        "import argparse\noptions = argparse.Namespace()\noptions.size = 1",
        "from lab import engine\nengine.LIMIT = 3",
        "from . import engine\nengine.LIMIT = 3",
        "class A:\n    def __init__(self):\n        self.time = 1",
        "import time\ndef f(time):\n    time.zone = 1",
        "import time\ndef f():\n    time = A()\n    time.zone = 1",
        "import time\nlambda time: setattr(time, 'zone', 1)",
        "found = {}\nfound.update(a=1)\nfound['a'] = 2",
        "from dataclasses import dataclass\nobject.__setattr__(value, 'a', 1)",
        "'the path of pth and gogc'",
    ],
)
def test_what_is_no_trick_passes(source: str) -> None:
    assert tricks.in_python(source) == []


def test_a_test_may_change_what_pytest_changes_back() -> None:
    source = "import httpx\nmonkeypatch.setattr(httpx, 'get', f)\nmonkeypatch.delattr(httpx, 'put')"
    assert tricks.in_python(source, is_test=True) == []
    assert len(tricks.in_python(source)) == 2
    assert len(tricks.in_python("import httpx\nsetattr(httpx, 'get', f)", is_test=True)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "export GOGC := off",
        "ENV PYTHONOPTIMIZE=2",
        "go build -gcflags=all=-l",
        "cp a collector.pth",
    ],
)
def test_a_switch_is_found_in_a_script(line: str) -> None:
    assert [trick.line for trick in tricks.in_text(f"all:\n\t{line}\n")] == [2]


def test_a_script_may_set_other_variables() -> None:
    assert tricks.in_text("export PYTHONUNBUFFERED := 1\ngo build -trimpath\n") == []


@pytest.mark.parametrize(
    "line",
    ["replace github.com/a/b => github.com/c/b v1.0.0", "\tgithub.com/a/b v1.0.0 => ../b"],
)
def test_a_replaced_module_is_found(line: str) -> None:
    found = tricks.in_go_mod(f"module x\n\nreplace (\n{line}\n)\n")
    assert found == [tricks.Trick(4, "replaces github.com/a/b")]


def test_a_replacement_with_a_written_reason_passes() -> None:
    assert tricks.in_go_mod("replace github.com/atotto/clipboard => github.com/d/c v1\n") == []
