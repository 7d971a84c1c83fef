CREATE TABLE products (
    sku         text PRIMARY KEY,
    name        text NOT NULL,
    price_cents integer NOT NULL CHECK (price_cents > 0)
);

INSERT INTO products (sku, name, price_cents) VALUES
    ('anchor', 'Brass anchor paperweight', 2400),
    ('lantern', 'Storm lantern', 5900),
    ('rope', 'Ten metres of hemp rope', 1250);
