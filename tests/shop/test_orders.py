from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop.orders import InvalidOrderError, OrderRequest, parse_order

GOOD = {"sku": "rope", "quantity": 2, "email": "ann@example.com"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


def test_an_order_names_a_product_a_quantity_and_a_customer() -> None:
    assert parse_order(GOOD) == OrderRequest("rope", 2, "ann@example.com")


def test_every_fault_is_reported_at_once() -> None:
    with pytest.raises(InvalidOrderError) as caught:
        parse_order({"sku": "", "quantity": 0, "email": "ann", "colour": "red"})
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "colour",
        "sku",
        "quantity",
        "email",
    ]


@pytest.mark.parametrize("quantity", [0, 101, -1, 1.5, "2", True, None])
def test_a_quantity_is_a_whole_number_from_1_to_100(quantity: object) -> None:
    with pytest.raises(InvalidOrderError, match="quantity: must be a whole number from 1 to 100"):
        parse_order(GOOD | {"quantity": quantity})


@given(json_values | st.fixed_dictionaries(dict.fromkeys(GOOD, json_values)))
def test_whatever_is_sent_it_is_an_order_or_refused(data: object) -> None:
    with suppress(InvalidOrderError):
        assert 1 <= parse_order(data).quantity <= 100
