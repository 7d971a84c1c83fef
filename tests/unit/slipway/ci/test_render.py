"""A workflow's file says what the model says, in the style of GitHub's documentation."""

from __future__ import annotations

import string

from hypothesis import example, given
from hypothesis import strategies as st

from slipway.ci import actions
from slipway.ci.model import (
    Input,
    Job,
    Manual,
    Permissions,
    Refs,
    Run,
    Service,
    Strategy,
    Triggers,
    Use,
    Workflow,
)
from slipway.ci.render import plain, render
from tests.unit.slipway.ci.github_yaml import load

names = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12).filter(
    lambda name: name[0] != "-"
)
# Without the controls that YAML can't hold.
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"))
scalars = st.one_of(texts, st.booleans(), st.integers())
maps = st.dictionaries(names, scalars, max_size=3)
runs = st.builds(Run, texts, texts, env=maps, if_=st.none() | texts)
uses = st.builds(Use, texts, st.sampled_from(actions.ALL), maps, id=st.none() | names)
services = st.builds(Service, texts, maps, st.lists(texts, max_size=2).map(tuple))
jobs = st.builds(
    Job,
    name=texts,
    runs_on=texts,
    timeout_minutes=st.integers(1, 360),
    steps=st.lists(st.one_of(runs, uses), max_size=3).map(tuple),
    services=st.dictionaries(names, services, max_size=2),
    strategy=st.none() | st.just(Strategy({"python": ("3.10", "3.12")}, fail_fast=False)),
    permissions=st.builds(Permissions, id_token=st.sampled_from([None, "write"])),
)
refs = st.builds(Refs, st.lists(texts, max_size=2).map(tuple))
forms = st.builds(Manual, st.dictionaries(names, st.builds(Input, texts), max_size=2))
triggers = st.builds(Triggers, push=st.none() | refs, workflow_dispatch=st.none() | forms)
workflows = st.builds(Workflow, texts, triggers, st.dictionaries(names, jobs, max_size=3))


def saying(text: str) -> Workflow:
    """A workflow with the same text wherever people may write one."""
    steps = (Run(text, text, env={"TEXT": text}),)
    job = Job(name=text, runs_on="ubuntu-24.04", timeout_minutes=1, steps=steps)
    return Workflow(text, Triggers(), {"job": job, "next": job})


@given(workflows)
@example(saying("\n"))
@example(saying("make\n\n"))
@example(saying("one\u2028two\x85three"))
@example(saying("cat << END\n  contents: read\n  uses: actions/checkout@v6\n\n  other:\nEND\n"))
@example(saying(f"  - uses: {actions.CHECKOUT.reference}\n"))
def test_what_github_reads_is_what_the_model_says(workflow: Workflow) -> None:
    assert load(render(workflow)) == plain(workflow)


def sample() -> Workflow:
    steps = (
        Use("Check out", actions.CHECKOUT, {"persist-credentials": False}),
        Run("Test", "make lint\nmake test\n", env={"VERSION": "3.10", "ANSWER": "yes"}),
    )
    job = Job(name="test", runs_on="ubuntu-24.04", timeout_minutes=10, steps=steps)
    return Workflow("CI", Triggers(push=Refs(("main",)), pull_request=Refs()), {"test": job})


def test_the_style_is_that_of_githubs_documentation() -> None:
    assert render(sample()).split("\n", 2)[2] == (
        """name: CI

on:
  push:
    branches:
      - main
  pull_request: {}

permissions: {}

defaults:
  run:
    shell: bash

jobs:
  test:
    name: test
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions: {}
    steps:
      - name: Check out
        uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - name: Test
        run: |
          make lint
          make test
        env:
          VERSION: '3.10'
          ANSWER: 'yes'
"""
    )


def test_the_same_model_gives_the_same_text() -> None:
    assert render(sample()) == render(sample())


def test_every_action_is_pinned_by_a_whole_commit() -> None:
    for action in actions.ALL:
        assert len(action.commit) == 40
        assert int(action.commit, 16)
        assert action.version.startswith("v")
