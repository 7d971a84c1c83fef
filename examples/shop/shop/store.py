"""Products and orders in Postgres. Every method raises DatabaseUnavailableError when it is away."""

from shop.database import Database
from shop.orders import InvalidOrderError, Order, OrderRequest, Product

# Columns are named one by one: newer ones may be there, after a rollback.
_PLACE = """
    INSERT INTO orders (sku, quantity, email, total_cents)
    SELECT sku, %(quantity)s, %(email)s, price_cents * %(quantity)s
    FROM products WHERE sku = %(sku)s
    RETURNING id, sku, quantity, email, total_cents, status, placed_at, shipped_at
"""
_FIND = """
    SELECT id, sku, quantity, email, total_cents, status, placed_at, shipped_at
    FROM orders WHERE id = %s
"""
_SHIP = (
    "UPDATE orders SET status = 'shipped', shipped_at = now() WHERE id = %s AND status = 'placed'"
)
_OVERDUE = """
    SELECT id FROM orders
    WHERE status = 'placed' AND placed_at < now() - %s * interval '1 second'
    ORDER BY id LIMIT 100
"""


class Store:
    """What the API and the worker ask of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def products(self) -> list[Product]:
        """Everything that is sold, by sku."""
        with self._database.transaction() as cursor:
            cursor.execute("SELECT sku, name, price_cents FROM products ORDER BY sku")
            return [Product(*row) for row in cursor.fetchall()]

    def place(self, request: OrderRequest) -> Order:
        """Save an order at today's price. Raises InvalidOrderError for an unknown product."""
        with self._database.transaction() as cursor:
            cursor.execute(_PLACE, vars(request))
            row = cursor.fetchone()
        if row is None:
            raise InvalidOrderError([f"sku: no product {request.sku!r}; GET /products lists them"])
        return Order(*row)

    def order(self, order_id: int) -> Order | None:
        """One order, or None."""
        with self._database.transaction() as cursor:
            cursor.execute(_FIND, (order_id,))
            row = cursor.fetchone()
        return Order(*row) if row else None

    def ship(self, order_id: int) -> bool:
        """Mark an order as shipped; False when it already was, so a job may safely come twice."""
        with self._database.transaction() as cursor:
            cursor.execute(_SHIP, (order_id,))
            return cursor.rowcount == 1

    def overdue(self, seconds: float) -> list[int]:
        """Orders that have waited longer than that, oldest first, 100 at most."""
        with self._database.transaction() as cursor:
            cursor.execute(_OVERDUE, (seconds,))
            return [order_id for (order_id,) in cursor.fetchall()]
