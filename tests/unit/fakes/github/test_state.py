from __future__ import annotations

import base64
import hashlib

import pytest
from nacl.public import PublicKey, SealedBox

from fakes.github.state import Branches, GitHub, Vault
from fakes.github.state.git import blob_sha


def sealed(vault: Vault, value: str) -> str:
    key = PublicKey(base64.b64decode(vault.public_key))
    return base64.b64encode(SealedBox(key).encrypt(value.encode())).decode()


def test_a_vault_opens_what_was_sealed_for_it_and_nothing_else() -> None:
    vault = Vault()
    assert vault.open(sealed(vault, "open sesame")) == "open sesame"
    for wrong in (sealed(Vault(), "open sesame"), "no base64"):
        with pytest.raises(ValueError, match=r"sealed|base64"):
            vault.open(wrong)


def test_names_in_a_vault_are_upper_case() -> None:
    vault = Vault()
    assert vault.put_secret("key", "1")
    assert not vault.put_secret("KEY", "2")
    assert vault.secrets["KEY"].value == "2"


def test_a_change_within_one_second_is_later_all_the_same() -> None:
    vault = Vault()
    vault.put_variable("HOST", "a")
    before = vault.variables["HOST"].updated_at
    vault.put_variable("HOST", "b")
    assert vault.variables["HOST"].updated_at > before


def test_a_secret_is_not_printed() -> None:
    vault = Vault()
    vault.put_secret("KEY", "open sesame")
    assert "open sesame" not in repr(vault)


def test_a_blob_has_the_name_that_git_gives_it() -> None:
    assert blob_sha(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_branches_tags_and_commits_are_found_by_name() -> None:
    branches = Branches()
    first = branches.commit("main", "First", {"a": b"1", "b": b"2"})
    second = branches.commit("main", "Second", {"b": None})
    branches.refs["tags/v1"] = first.sha
    assert branches.resolve("main") is branches.resolve("refs/heads/main") is second
    assert branches.resolve("v1") is branches.resolve(first.sha) is first
    assert branches.resolve("nowhere") is None
    assert second.files == {"a": b"1"}
    assert list(branches.history(second)) == [second, first]
    assert len(first.sha) == len(hashlib.sha1(usedforsecurity=False).hexdigest())


def test_scopes_include_what_github_says_they_do() -> None:
    hub = GitHub()
    ada = hub.user("ada")
    assert hub.token(ada, "repo").allows(("repo_deployment",))
    assert hub.token(ada, "admin:org").allows(("read:org",))
    assert not hub.token(ada, "read:org").allows(("admin:org",))
    assert not hub.token(ada, "repo").allows(("workflow",))
