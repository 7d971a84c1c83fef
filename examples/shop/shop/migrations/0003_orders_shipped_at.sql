-- Releases before and after this one run side by side during a rollout, so a migration only adds.
ALTER TABLE orders ADD COLUMN shipped_at timestamptz;

CREATE INDEX orders_waiting ON orders (placed_at) WHERE status = 'placed';
