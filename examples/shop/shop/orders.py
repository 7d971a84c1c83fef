"""What an order is, and what a customer may ask for. Pure values."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime

MOST_PIECES = 100
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


class InvalidOrderError(ValueError):
    """An order that can't be placed; `faults` lists everything that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class OrderRequest:
    """What a customer sends: so many pieces of one product."""

    sku: str
    quantity: int
    email: str


@dataclass(frozen=True)
class Product:
    """Something that is sold; prices are in cents."""

    sku: str
    name: str
    price_cents: int


@dataclass(frozen=True)
class Order:
    """An order as the database has it; `status` is "placed", then "shipped"."""

    id: int
    sku: str
    quantity: int
    email: str
    total_cents: int
    status: str
    placed_at: datetime
    shipped_at: datetime | None

    def public(self) -> dict[str, object]:
        """What the API shows: the address that a customer gave stays private."""
        return {name: value for name, value in asdict(self).items() if name != "email"}


def parse_order(data: object) -> OrderRequest:
    """Raises InvalidOrderError with every fault of a decoded JSON body, not only the first."""
    if not isinstance(data, dict):
        raise InvalidOrderError(["body: must be a JSON object"])
    sku, quantity, email = (data.get(name) for name in ("sku", "quantity", "email"))
    faults = [f"{name}: unknown field" for name in data if name not in OrderRequest.__annotations__]
    if not (isinstance(sku, str) and 0 < len(sku) <= 40):
        faults.append("sku: must be a product's sku; GET /products lists them")
    if type(quantity) is not int or not 1 <= quantity <= MOST_PIECES:
        faults.append(f"quantity: must be a whole number from 1 to {MOST_PIECES}")
    if not (isinstance(email, str) and _EMAIL.fullmatch(email)):
        faults.append("email: must be an e-mail address")
    if faults:
        raise InvalidOrderError(faults)
    return OrderRequest(str(sku), int(quantity or 0), str(email))
