import pytest
from shop.misbehaviour import ErrorRate, Misbehaviour, MisbehaviourError


def test_a_shop_behaves_unless_told_otherwise() -> None:
    assert Misbehaviour.read({"PATH": "/bin"}) == Misbehaviour()


def test_switches_are_read_from_the_containers_variables() -> None:
    assert Misbehaviour.read(
        {"MISBEHAVE_START": "fail", "MISBEHAVE_LATENCY": "0.8", "MISBEHAVE_LOG_ERRORS": "1"}
    ) == Misbehaviour(start=True, latency=0.8, log_errors=1)


def test_switches_can_be_baked_into_an_image() -> None:
    assert Misbehaviour.read({"MISBEHAVE": "READY=never, ERROR_RATE=0.03"}) == Misbehaviour(
        ready=True, error_rate=0.03
    )


def test_a_containers_variable_wins_over_the_baked_one_and_can_switch_it_off() -> None:
    baked = "READY=never,ERROR_RATE=0.03"
    assert Misbehaviour.read(
        {"MISBEHAVE": baked, "MISBEHAVE_READY": "", "MISBEHAVE_ERROR_RATE": "0.5"}
    ) == Misbehaviour(error_rate=0.5)


def test_an_unknown_switch_is_an_error_with_the_nearest_known_one() -> None:
    with pytest.raises(MisbehaviourError, match=r"MISBEHAVE_ERROR_RAT: .*try ERROR_RATE"):
        Misbehaviour.read({"MISBEHAVE_ERROR_RAT": "0.5"})


@pytest.mark.parametrize(
    ("switch", "value"),
    [("READY", "no"), ("ERROR_RATE", "3"), ("LATENCY", "-1"), ("CRASH_AFTER", "soon")],
)
def test_a_value_that_a_switch_cannot_take_is_an_error_that_names_it(
    switch: str, value: str
) -> None:
    with pytest.raises(MisbehaviourError, match=f"MISBEHAVE_{switch}: must be .* not '{value}'"):
        Misbehaviour.read({f"MISBEHAVE_{switch}": value})


@pytest.mark.parametrize(("rate", "failures"), [(0.0, 0), (0.03, 3), (0.5, 50), (1.0, 100)])
def test_of_any_hundred_requests_the_share_fails_exactly(rate: float, failures: int) -> None:
    error_rate = ErrorRate(rate)
    for _ in range(3):
        assert sum(error_rate.strikes() for _ in range(100)) == failures
