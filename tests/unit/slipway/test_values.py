"""Values behave as the standard library's, beside which each test puts them."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from slipway import values

KINDS = ("standard", "ours")


def defined(module: ModuleType) -> Any:
    @module.dataclass(frozen=True)
    class Limits:
        """What a container may use."""

        memory: int | None = None

    @module.dataclass(frozen=True)
    class Service:
        name: str
        port: int = 80
        limits: Limits = module.field(default_factory=Limits)
        hosts: tuple[Any, ...] = ()
        labels: Any = module.field(default_factory=dict)

        @property
        def address(self) -> str:
            return f"{self.name}:{self.port}"

    return Service


@pytest.fixture(params=[dataclasses, values], ids=KINDS)
def module(request: pytest.FixtureRequest) -> ModuleType:
    found: ModuleType = request.param
    return found


@pytest.fixture
def service(module: ModuleType) -> Any:
    return defined(module)


def test_fields_are_given_by_place_or_name_and_have_defaults(service: Any) -> None:
    made = service("web", port=8000)
    assert (made.name, made.port, made.limits.memory) == ("web", 8000, None)
    assert made.address == "web:8000"


def test_each_value_has_a_default_of_its_own(service: Any) -> None:
    service("one").labels["a"] = 1
    assert service("two").labels == {}


@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("web",), {"name": "api"}), (("web",), {"prot": 1}), ("a" * 6, {})],
)
def test_what_does_not_fit_the_fields_is_refused(
    service: Any, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        service(*given, **named)


def test_a_value_never_changes(service: Any) -> None:
    made = service("web")
    with pytest.raises(AttributeError):
        made.port = 1
    with pytest.raises(AttributeError):
        del made.port


def test_equal_values_are_equal_and_have_one_hash(service: Any, module: ModuleType) -> None:
    assert service("web") == service("web") != service("api")
    assert service("web") != defined(module)("web"), "of another class"
    assert service("web") != "web"
    assert len({service("web", labels=()), service("web", labels=()), service("a", labels=())}) == 2


def test_a_value_with_other_fields_is_another_value(service: Any, module: ModuleType) -> None:
    made = service("web", 8000)
    assert module.replace(made, name="api") == service("api", 8000)
    assert made.name == "web"
    with pytest.raises(TypeError):
        module.replace(made, prot=1)


def test_a_value_is_told_with_the_values_in_it(service: Any, module: ModuleType) -> None:
    made = service("web", hosts=(service("api"), [1]), labels={"a": service("b")})
    told = module.asdict(made)
    assert [*told] == ["name", "port", "limits", "hosts", "labels"]
    assert told["limits"] == {"memory": None}
    assert told["hosts"][0]["name"] == "api"
    assert told["hosts"][1] == [1]
    assert told["labels"]["a"]["name"] == "b"


def test_its_text_names_its_class_and_fields(service: Any) -> None:
    text = repr(service("web"))
    assert "Service(name='web', port=80, limits=" in text
    assert text.endswith("Limits(memory=None), hosts=(), labels={})")


def test_its_fields_tell_their_defaults(service: Any, module: ModuleType) -> None:
    assert module.is_dataclass(service)
    name, port, limits, *_ = module.fields(service("web"))
    assert (name.name, name.default) == ("name", module.MISSING)
    assert (port.default, port.default_factory) == (80, module.MISSING)
    assert limits.default_factory().memory is None


def test_an_heir_has_the_fields_of_both(service: Any, module: ModuleType) -> None:
    class Coloured(service):  # type: ignore[misc]
        colour: str = "red"

    heir = module.dataclass(frozen=True)(Coloured)("web", colour="blue")
    assert (heir.name, heir.colour) == ("web", "blue")
    assert heir != service("web")


def test_a_value_that_could_change_is_none() -> None:
    with pytest.raises(TypeError, match="never changes"):
        values.dataclass(frozen=False)


def test_what_servers_run_does_without_the_standard_librarys() -> None:
    program = (
        "import sys, slipway.agent.__main__, slipway.agent.rollout, slipway.agent.status\n"
        "sys.exit('dataclasses' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-S", "-c", program], check=False).returncode == 0
