"""Secrets of a repository, of an environment and of Dependabot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes.github.call import NOT_FOUND, Answer, Call, Fault, invalid
from fakes.github.routes import Routes
from fakes.github.state import Secret, Vault
from fakes.github.state.identity import written
from fakes.github.state.vault import NAME

routes = Routes()


def _add(path: str, vault: Callable[[Call], Vault]) -> None:
    """The five calls that each kind of vault has."""

    @routes("GET", f"{path}/public-key", "repo")
    def key(call: Call) -> Answer:
        return Answer(200, {"key_id": vault(call).key_id, "key": vault(call).public_key})

    @routes("GET", path, "repo")
    def listed(call: Call) -> Answer:
        shown = sorted(vault(call).secrets.values(), key=lambda secret: secret.name)
        return call.page([_rendered(each) for each in shown], "secrets")

    @routes("GET", f"{path}/{{secret_name}}", "repo")
    def show(call: Call) -> Answer:
        return Answer(200, _rendered(_secret(call, vault(call))))

    @routes("PUT", f"{path}/{{secret_name}}", "repo")
    def put(call: Call) -> Answer:
        name = call.path["secret_name"]
        if not NAME.fullmatch(name):
            raise invalid("Secret", "name", message="Secret names can only contain letters")
        if call.body.get("key_id") != vault(call).key_id:
            raise Fault(422, "The key_id is not the one of the public key")
        try:
            value = vault(call).open(call.body["encrypted_value"])
        except ValueError as error:
            raise Fault(422, "Bad request - improperly encrypted secret") from error
        return Answer(201, {}) if vault(call).put_secret(name, value) else Answer(204)

    @routes("DELETE", f"{path}/{{secret_name}}", "repo")
    def delete(call: Call) -> Answer:
        del vault(call).secrets[_secret(call, vault(call)).name]
        return Answer(204)


def _secret(call: Call, vault: Vault) -> Secret:
    found = vault.secrets.get(call.path["secret_name"].upper())
    if not found:
        raise Fault(404, NOT_FOUND)
    return found


def _rendered(shown: Secret) -> dict[str, Any]:
    times = {"created_at": written(shown.created_at), "updated_at": written(shown.updated_at)}
    return {"name": shown.name, **times}


@routes("GET", "/repos/{owner}/{repo}/actions/organization-secrets", "repo")
def shared(call: Call) -> Answer:
    shown = sorted(call.repository.shared.secrets.values(), key=lambda secret: secret.name)
    return call.page([_rendered(each) for each in shown], "secrets")


_add("/repos/{owner}/{repo}/actions/secrets", lambda call: call.repository.vault)
_add("/repos/{owner}/{repo}/dependabot/secrets", lambda call: call.repository.dependabot)
_add(
    "/repos/{owner}/{repo}/environments/{environment_name}/secrets",
    lambda call: call.environment.vault,
)
