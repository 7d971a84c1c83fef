"""The GraphQL interface, executed on GitHub's own schema by graphql-core."""
