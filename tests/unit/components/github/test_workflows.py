from __future__ import annotations

from components.github.workflows import WorkflowFiles
from tests.unit.components import engine


def test_files_are_committed_to_the_branch_one_after_the_other() -> None:
    found, _ = engine.run(
        lambda: WorkflowFiles(
            "workflows",
            {"repository": "shop", "branch": "slipway", "files": {"a.yml": "a\n", "b.yml": "b\n"}},
        )
    )
    first, second = found["repository-file-a.yml"], found["repository-file-b.yml"]
    assert (first.inputs["branch"], first.inputs["content"]) == ("slipway", "a\n")
    assert not first.depends_on
    assert second.depends_on == {"repository-file-a.yml"}
