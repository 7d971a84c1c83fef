"""Variables of a repository and of an environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes.github.call import NOT_FOUND, Answer, Call, Fault, invalid
from fakes.github.routes import Routes
from fakes.github.state import Variable, Vault
from fakes.github.state.identity import written
from fakes.github.state.vault import NAME

routes = Routes()

TAKEN = "Already exists - Variable with the same name already exists"


def _add(path: str, vault: Callable[[Call], Vault]) -> None:
    """The five calls that each kind of vault has."""

    @routes("GET", path, "repo")
    def listed(call: Call) -> Answer:
        shown = sorted(vault(call).variables.values(), key=lambda variable: variable.name)
        return call.page([_rendered(each) for each in shown], "variables")

    @routes("POST", path, "repo")
    def create(call: Call) -> Answer:
        name = call.body["name"]
        if not NAME.fullmatch(name):
            raise invalid("Variable", "name", message="Variable names can only contain letters")
        if name.upper() in vault(call).variables:
            raise Fault(409, TAKEN)
        vault(call).put_variable(name, call.body["value"])
        return Answer(201, {})

    @routes("GET", f"{path}/{{name}}", "repo")
    def show(call: Call) -> Answer:
        return Answer(200, _rendered(_variable(call, vault(call))))

    @routes("PATCH", f"{path}/{{name}}", "repo")
    def change(call: Call) -> Answer:
        variable = _variable(call, vault(call))
        vault(call).put_variable(variable.name, call.body.get("value", variable.value))
        return Answer(204)

    @routes("DELETE", f"{path}/{{name}}", "repo")
    def delete(call: Call) -> Answer:
        del vault(call).variables[_variable(call, vault(call)).name]
        return Answer(204)


def _variable(call: Call, vault: Vault) -> Variable:
    found = vault.variables.get(call.path["name"].upper())
    if not found:
        raise Fault(404, NOT_FOUND)
    return found


def _rendered(shown: Variable) -> dict[str, Any]:
    times = {"created_at": written(shown.created_at), "updated_at": written(shown.updated_at)}
    return {"name": shown.name, "value": shown.value, **times}


_add("/repos/{owner}/{repo}/actions/variables", lambda call: call.repository.vault)
_add(
    "/repos/{owner}/{repo}/environments/{environment_name}/variables",
    lambda call: call.environment.vault,
)
