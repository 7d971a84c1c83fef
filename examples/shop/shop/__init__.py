"""A small shop: an HTTP API, a worker that ships its orders, and the database they share."""
