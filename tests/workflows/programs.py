"""Programs that stand for others on a runner's PATH: they note their arguments and answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

SHA = "0123456789abcdef0123456789abcdef01234567"
PUSH = {
    "event_name": "push",
    "ref_type": "branch",
    "ref_name": "main",
    "sha": SHA,
    "repository": "acme/shop",
    "server_url": "https://github.com",
    "actor": "ada",
    "run_id": 7,
    "token": "token",
}
"""What `github` holds after a push to main."""
FORM = {"environment": "staging", "version": "", "strategy": "as configured", "rollback": False}
"""What `inputs` holds when the form is sent as it is."""

PROGRAM = """\
#!{python}
import json, pathlib, sys
answers = pathlib.Path(__file__ + ".answers")
with open({calls!r}, "a") as file:
    print(json.dumps([{name!r}, *sys.argv[1:]]), file=file)
sys.stdin.read()
code, text, *rest = json.loads(answers.read_text())
if rest:
    answers.write_text(json.dumps([rest[0], rest[1], *rest[2:]]))
print(text, file=sys.stderr if code else sys.stdout)
sys.exit(code)
"""


class Programs:
    """A folder of them; the last answer is repeated."""

    def __init__(self, folder: Path, calls: Path) -> None:
        self.folder = folder
        self._calls = calls
        folder.mkdir()

    def answers(self, name: str, *texts: str) -> None:
        self._write(name, [(0, text) for text in texts])

    def by_pattern(self, name: str, script: str) -> None:
        """A program of bash; `$*` is what it is asked."""
        program = self.folder / name
        note = f'{sys.executable} -c "import json, sys; print(json.dumps(sys.argv[1:]))"'
        text = f'#!/bin/bash\n{note} {name} "$@" >> {self._calls}\ncase "$*" in\n{script}\nesac\n'
        program.write_text(text)
        program.chmod(0o755)

    def fails(self, name: str, text: str) -> None:
        self._write(name, [(1, text)])

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of each call, in order."""
        if not self._calls.exists():
            return []
        noted = [json.loads(line) for line in self._calls.read_text().splitlines()]
        return [arguments for program, *arguments in noted if program == name]

    def _write(self, name: str, answers: list[tuple[int, str]]) -> None:
        program = self.folder / name
        text = PROGRAM.format(python=sys.executable, calls=str(self._calls), name=name)
        program.write_text(text)
        program.chmod(0o755)
        flat = [part for answer in answers for part in answer]
        Path(f"{program}.answers").write_text(json.dumps(flat))
