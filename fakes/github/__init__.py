"""A GitHub on this machine: the REST and GraphQL calls that deploying with Slipway makes.

`simulator` starts it, `state` is what it knows, `rest` and `graphql` answer, and `contract` holds
every request and answer to GitHub's own descriptions of its interfaces.
"""
