"""GitHub as code, without Pulumi: what is wanted, what GitHub has, and whether they can meet."""
