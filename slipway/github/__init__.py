"""GitHub as code, without Pulumi: the desired and the observed state, and their checks."""
