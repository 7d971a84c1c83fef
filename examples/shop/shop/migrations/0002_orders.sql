CREATE TABLE orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text NOT NULL REFERENCES products,
    quantity    integer NOT NULL CHECK (quantity > 0),
    email       text NOT NULL,
    total_cents bigint NOT NULL,
    status      text NOT NULL DEFAULT 'placed' CHECK (status IN ('placed', 'shipped')),
    placed_at   timestamptz NOT NULL DEFAULT now()
);
